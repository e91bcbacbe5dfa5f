// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/fd.hh"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace hermesh::testing {

using Mark = std::array<std::byte, 16>;
/// Sixteen random bytes that no other frame on this host has.
Mark fresh_mark();

/// Watches every interface of this host, in both directions (packet(7)), for frames that hold a
/// mark or one of the lab's MAC addresses. The lab's own streams between QEMU and the fabric, on
/// the loopback interface between known ports, are counted apart.
class Sniffer {
public:
  struct Wanted {
    std::vector<Mark> marks;
    std::set<MacAddress> macs;
    std::set<std::uint16_t> own_ports; ///< of the fabric, on 127.0.0.1
  };
  struct Found {
    std::string interface;
    std::string what; ///< "mark 0", "the MAC address 02:..."

    bool operator==(const Found&) const = default;
  };

  /// Throws SystemError: EPERM without CAP_NET_RAW.
  explicit Sniffer(Wanted wanted);
  ~Sniffer();
  Sniffer(const Sniffer&) = delete;
  Sniffer& operator=(const Sniffer&) = delete;

  std::vector<Found> found() const;
  std::uint64_t in_own_streams() const { return own_.load(); }
  /// That the kernel had no room for: nothing is proven then.
  unsigned lost() const;

private:
  void listen();
  void judge(const std::string& interface, std::span<const std::byte> frame);

  Wanted wanted_;
  Fd socket_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> own_{0};
  mutable std::mutex mutex_{};
  std::vector<Found> found_{};
  std::thread thread_{};
};

/// The internet, raw and packet sockets that a process holds, as the kernel lists them: "tcp
/// 127.0.0.1:5000 127.0.0.1:40000"; and its open devices of a network ("/dev/net/tun").
std::vector<std::string> network_handles(int pid);

} // namespace hermesh::testing
