// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace hermesh {

/// Who says how a QEMU ended, from the least to the most telling: a clean exit status says nothing
/// of why, libvirt knows of shutdowns and panics, a signal is the kernel's own word.
enum class Witness : std::uint8_t { exit_status, libvirt, signal };

/// What is known of a guest's life; told by libvirt's event thread and by the reaper, asked by
/// whoever uses the machine.
class Life {
public:
  /// The first reason stays until a better witness speaks.
  void ended(const std::string& how, Witness witness);
  void agent_connected(bool connected);
  /// It is being ended on purpose: what comes now is no news. True for the first who asks.
  bool begin_stop();

  std::string obituary() const;
  /// The same, after giving a better witness than an exit status until `deadline` to speak.
  std::string settled_obituary(std::chrono::steady_clock::time_point deadline);
  /// Until the agent has opened its channel, the guest has ended, or the time is over. True: the
  /// agent.
  bool await_agent(std::chrono::steady_clock::time_point deadline);
  /// Until libvirt has told of the end, its last word on this guest; false when the time is over.
  bool await_last_event(std::chrono::steady_clock::time_point deadline);
  /// Until the guest has ended; false when the time is over. Also the one way to pause between
  /// polls.
  bool await_end(std::chrono::steady_clock::time_point deadline);

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string obituary_;
  Witness witness_ = Witness::exit_status;
  bool agent_ = false;
  bool libvirt_told_ = false;
  bool stopping_ = false;
};

} // namespace hermesh
