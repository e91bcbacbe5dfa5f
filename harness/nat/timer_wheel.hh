// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "nat/slab.hh"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hermesh::nat {

/// When to look at which session. A refresh does not touch it: the wheel finds the session at its
/// old deadline and is told the new one, so a packet costs no more than writing down its time.
///
/// One turn is 34 s; what is due later is looked at once per turn. A deadline is met up to one tick
/// late.
class TimerWheel {
public:
  static constexpr int tick_bits = 23; ///< 2^23 ns: 8.4 ms

  TimerWheel() { clear(); }

  void schedule(Index entry, Time deadline);
  void remove(Index entry);
  void clear();

  /// Has the tick of `at` been dealt with? The one question on every packet's way.
  bool is_at(Time at) const { return tick_of(at) <= current_; }

  /// Take out every entry whose slot `at` has passed and give it to `visit`, which schedules it
  /// again or drops it.
  template <typename Visit>
  void advance(Time at, Visit&& visit) {
    const std::int64_t from = current_;
    current_ = std::max(current_, tick_of(at));
    const std::int64_t steps = std::min(current_ - from, std::int64_t{slots});
    for (std::int64_t step = 1; step <= steps; ++step) {
      Index entry = heads_[slot_of(from + step)];
      while (entry != no_index) {
        const Link link = links_[entry]; // what was scheduled during this call is not due
        if (link.tick <= current_) {
          remove(entry);
          visit(entry);
        }
        entry = link.next;
      }
    }
  }

  /// Has `deadline` passed, as of the last `advance`?
  bool has_passed(Time deadline) const { return due_tick(deadline) <= current_; }

private:
  static constexpr std::uint32_t slots = 4096;

  struct Link {
    Index previous = no_index;
    Index next = no_index;
    std::int64_t tick = -1; ///< when it is looked at; -1: not in the wheel
  };

  static std::int64_t tick_of(Time at) { return at.count() >> tick_bits; }
  static std::int64_t due_tick(Time deadline) { return tick_of(deadline) + 1; }
  static std::size_t slot_of(std::int64_t tick) {
    return static_cast<std::size_t>(tick) % std::size_t{slots};
  }
  std::array<Index, slots> heads_{};
  std::vector<Link> links_;   ///< by entry
  std::int64_t current_ = -1; ///< all ticks up to this one have been dealt with
};

} // namespace hermesh::nat
