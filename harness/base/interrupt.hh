// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "base/fd.hh"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace hermesh {

/// The user pressed Ctrl-C, or the program was asked to terminate. Exit status 130.
class Interrupted : public Error {
public:
  Interrupted() : Error("interrupted") {}
};

/// Turns SIGINT, SIGTERM and SIGHUP into something that ordinary code can ask for. Make one, first
/// thing in the program, before any thread: the signals are blocked and read by a thread of its
/// own. The second signal ends the program at once (the guardian clears up after it).
class Interrupt {
public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool happened() const { return happened_.load(); }
  /// Throws Interrupted if it happened.
  void check() const {
    if (happened()) throw Interrupted();
  }
  /// What to do the moment it happens, in the reading thread (for example: end the guests, so that
  /// whoever waits for them stops waiting). Replaces the previous one; empty: nothing.
  void on_interrupt(std::function<void()> action);

private:
  void read_signals();

  std::atomic<bool> happened_{false};
  std::mutex mutex_;
  std::function<void()> action_;
  Fd signals_;
  Fd stop_;
  std::thread reader_;
};

} // namespace hermesh
