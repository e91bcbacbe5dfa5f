// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "fabric/fabric.hh"
#include "model/network.hh"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace hermesh {

struct FabricOptions {
  std::filesystem::path captures{}; ///< one <segment>.pcapng each; empty: no capture
  std::uint64_t full_capture_bytes =
      64ULL << 20; ///< per segment; beyond it only the first 128 bytes of a frame are kept
  std::uint64_t most_capture_bytes =
      1ULL << 30; ///< per segment; beyond it nothing is written, and the summary says so
  std::size_t port_queue_bytes =
      256UL << 10; ///< what may wait for a slow guest before frames are dropped
};

struct PortCounters {
  std::string port;
  std::uint64_t frames_in = 0; ///< from the machine
  std::uint64_t bytes_in = 0;
  std::uint64_t frames_out = 0; ///< to the machine
  std::uint64_t bytes_out = 0;
};

/// What the loop noticed about itself.
struct FabricHealth {
  Duration longest_stall{0}; ///< how late the loop's thread ran at worst: the host starved the lab
  std::string capture_problem{}; ///< "write internet.pcapng: No space left on device", or empty
  std::string problem{};         ///< why the loop ended before its time, or empty
};

/// Runs one Fabric in a thread of its own: epoll over the cards' stream sockets (libvirt's
/// `type='client'` cards: 127.0.0.1, each frame behind a 4-byte big-endian length), one read
/// bringing many frames, one write taking many; captures; the fabric's clock (CLOCK_MONOTONIC since
/// construction).
///
/// A port listens on a free TCP port of 127.0.0.1 and takes exactly one peer, whose process must
/// belong to this user; then it stops listening. A peer that comes back after a disconnect is not
/// admitted.
class FabricLoop {
public:
  FabricLoop(const Network& network, const FabricOptions& options);
  ~FabricLoop(); ///< stops the thread and closes all ports and captures
  FabricLoop(const FabricLoop&) = delete;
  FabricLoop& operator=(const FabricLoop&) = delete;

  /// The TCP port on which a card's machine is expected.
  std::uint16_t listening_port(const std::string& card) const;

  /// Run `body` in the loop's thread, between two frames, and wait for it. Exceptions come back.
  /// It may not be called from within the loop's own thread.
  void with(const std::function<void(Fabric&, Time now)>& body);

  Time now() const; ///< the fabric's clock; any thread

  std::vector<PortCounters> counters();
  FabricHealth health();
  void flush_captures(); ///< all that was seen so far is in the files

  /// Where frames for virtual ports (Fabric::attach) go, in the loop's thread. Empty: nowhere.
  void on_virtual_frame(std::function<void(PortId, std::span<const std::byte>, Time)> sink);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hermesh
