// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace hermesh {

/// Owns one file descriptor. Moves, never copies; closes on destruction.
class Fd {
public:
  Fd() = default;
  explicit Fd(int raw) noexcept : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    Fd(std::move(other)).swap(*this);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (raw_ >= 0) ::close(raw_);
  }

  int get() const noexcept { return raw_; }
  explicit operator bool() const noexcept { return raw_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(raw_, -1); }
  void swap(Fd& other) noexcept { std::swap(raw_, other.raw_); }

private:
  int raw_ = -1;
};

} // namespace hermesh
