// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace hermesh {

/// What time it is, and how to let it pass. Tests pass one that needs no waiting.
class Clock {
public:
  using Moment = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  virtual Moment now() const = 0;
  virtual void sleep(std::chrono::milliseconds duration) = 0;
};

class SteadyClock : public Clock {
public:
  Moment now() const override { return std::chrono::steady_clock::now(); }
  void sleep(std::chrono::milliseconds duration) override { std::this_thread::sleep_for(duration); }
};

/// Call `probe` until it has a value, or `patience` runs out: the only way the harness polls.
///
/// `probe` returns an optional: empty means "not yet". When patience runs out the Error says
/// what was awaited and for how long, so a time-out never needs a second run to be understood.
template <typename Probe>
auto wait_for(std::string_view what,
              std::chrono::milliseconds patience,
              Clock& clock,
              Probe probe,
              std::chrono::milliseconds interval = std::chrono::milliseconds{50}) {
  const auto deadline = clock.now() + patience;
  while (true) {
    if (auto found = probe()) return *std::move(found);
    if (clock.now() >= deadline)
      throw Error("waited " + std::to_string(patience.count()) + " ms for " + std::string(what));
    clock.sleep(interval);
  }
}

} // namespace hermesh
