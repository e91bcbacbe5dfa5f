// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/capture_file.hh"
#include "fabric/fabric.hh"
#include "fabric/loop.hh"
#include "fabric/loop_port.hh"
#include "fabric/loop_requests.hh"

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace hermesh {

/// What FabricLoop's thread owns and does. All but `stop`, `now`, `health`, `requests` and
/// `listening_port` belongs to that thread.
class LoopThread {
public:
  LoopThread(const Network& network, const FabricOptions& options);

  /// Until `stop`, or until something goes wrong; then `health().problem` says what, and so does
  /// every request.
  void run() noexcept;
  void stop();

  LoopRequests& requests() { return requests_; }
  std::uint16_t listening_port(const std::string& card) const;
  Time now() const;
  FabricHealth health();

  void with(const std::function<void(Fabric&, Time)>& body);
  std::vector<PortCounters> counters() const;
  void flush_captures();
  void on_virtual_frame(std::function<void(PortId, std::span<const std::byte>, Time)> sink) {
    sink_ = std::move(sink);
  }

private:
  using Clock = std::chrono::steady_clock;

  void turn();
  int wait(Time until);
  bool handle(const epoll_event& event);
  bool accept(LoopPort& port);
  bool read(LoopPort& port);
  bool drain(LoopPort& port);
  bool flush_dirty();
  void hang_up(LoopPort& port);
  void deliver(PortId port, std::span<const std::byte> frame);
  void tell_fabric(LoopPort& port, bool is_full);
  void tap(const TapRecord& record);
  void watch(int descriptor, std::uint64_t tag);
  void watch_writing(LoopPort& port, bool on);
  void guard_against_spinning(bool progress, int events);
  void note_stall(Duration stall);
  void note_capture_problems();

  Clock::time_point start_ = Clock::now();
  Time now_{0}; ///< of this turn
  Fd epoll_;
  LoopRequests requests_;
  std::atomic<bool> stopping_ = false;
  std::deque<LoopPort> ports_; ///< by PortId: a network's cards come first
  Fabric fabric_;
  std::deque<CaptureFile> captures_; ///< by segment; empty: none
  std::function<void(PortId, std::span<const std::byte>, Time)> sink_;
  std::vector<LoopPort*> dirty_;
  std::vector<epoll_event> events_;
  Time due_{0};       ///< of the fabric
  Time flush_due_{0}; ///< of the captures
  int idle_turns_ = 0;
  bool precise_ = true; ///< the kernel waits with nanoseconds
  Sync<FabricHealth> health_;
};

} // namespace hermesh
