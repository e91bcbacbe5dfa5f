// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace hermesh::bench {

/// What this machine's speed is right now: additions that depend on each other, on one core.
/// Seconds.
inline double reference_loop() {
  const auto start = std::chrono::steady_clock::now();
  volatile std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 200'000'000; ++i)
    sum = sum + i;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace hermesh::bench
