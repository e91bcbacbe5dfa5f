// SPDX-License-Identifier: MIT
#include "machine/tsc.hh"

#include <chrono>
#include <cstdint>
#include <thread>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace hermesh {

#if defined(__x86_64__)
namespace {

using std::chrono::steady_clock;

struct Reading {
  steady_clock::time_point time;
  std::uint64_t counter = 0;
};

/// The best of some: the one during which this thread was least interrupted.
Reading read_both() {
  Reading best;
  auto shortest = steady_clock::duration::max();
  for (int i = 0; i < 20; ++i) {
    const auto before = steady_clock::now();
    const std::uint64_t counter = __rdtsc();
    const auto after = steady_clock::now();
    if (after - before >= shortest) continue;
    shortest = after - before;
    best = {.time = before + (after - before) / 2, .counter = counter};
  }
  return best;
}

} // namespace

unsigned host_tsc_khz() {
  const auto first = read_both();
  std::this_thread::sleep_for(std::chrono::milliseconds{20}); // a measuring interval, not a wait
  const auto second = read_both();
  const auto milliseconds =
      std::chrono::duration<double, std::milli>(second.time - first.time).count();
  return static_cast<unsigned>(static_cast<double>(second.counter - first.counter) / milliseconds +
                               0.5);
}
#else
unsigned host_tsc_khz() {
  return 0;
}
#endif

} // namespace hermesh
