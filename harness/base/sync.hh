// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <utility>

namespace hermesh {

/// A value that is reachable only under its lock, so that unlocked access cannot be written.
template <typename T>
class Sync {
public:
  Sync() = default;
  explicit Sync(T value) : value_(std::move(value)) {}

  template <typename Body>
  decltype(auto) with(Body&& body) {
    const std::lock_guard lock(mutex_);
    return std::forward<Body>(body)(value_);
  }

private:
  std::mutex mutex_;
  T value_{};
};

} // namespace hermesh
