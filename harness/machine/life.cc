// SPDX-License-Identifier: MIT
#include "machine/life.hh"

#include <utility>

namespace hermesh {

void Life::ended(const std::string& how, Witness witness) {
  const std::lock_guard lock(mutex_);
  if (witness == Witness::libvirt) libvirt_told_ = true;
  if (obituary_.empty() || witness > witness_) {
    obituary_ = (stopping_ ? "the machine was stopped: " : "the guest's QEMU ended: ") + how;
    witness_ = witness;
  }
  changed_.notify_all();
}

void Life::agent_connected(bool connected) {
  const std::lock_guard lock(mutex_);
  agent_ = connected;
  changed_.notify_all();
}

bool Life::begin_stop() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(stopping_, true);
}

std::string Life::obituary() const {
  const std::lock_guard lock(mutex_);
  return obituary_;
}

std::string Life::settled_obituary(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(
      lock, deadline, [this] { return obituary_.empty() || witness_ > Witness::exit_status; });
  return obituary_;
}

bool Life::await_agent(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return agent_ || !obituary_.empty(); });
  return agent_ && obituary_.empty();
}

bool Life::await_last_event(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return libvirt_told_; });
}

bool Life::await_end(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return !obituary_.empty(); });
}

} // namespace hermesh
