// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <thread>

namespace hermesh {

/// libvirt's event loop in a thread of its own: without one, running before the connection is
/// opened, the embedded driver waits for ever for its monitor. libvirt has one loop per process and
/// cannot take it back, so only libvirt_process.cc makes one of these.
class EventThread {
public:
  EventThread(); ///< throws Error
  ~EventThread();
  EventThread(const EventThread&) = delete;
  EventThread& operator=(const EventThread&) = delete;

private:
  std::atomic<bool> stopping_{false};
  int tick_ = -1; ///< a timer, so that the loop notices that it shall end
  std::thread thread_;
};

} // namespace hermesh
