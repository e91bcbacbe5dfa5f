// SPDX-License-Identifier: MIT
#include "fabric/link.hh"

#include <algorithm>

namespace hermesh {

Link::Arrivals Link::enter(std::size_t bytes, Time now) {
  Arrivals arrivals{.count = 1};
  if (happens(profile_.duplicate_percent)) ++arrivals.count;
  if (happens(profile_.loss_percent)) --arrivals.count;
  for (std::size_t i = 0; i < arrivals.count; ++i)
    arrivals.at[i] = arrival(bytes, now);
  return arrivals;
}

bool Link::happens(double percent) {
  return percent > 0 && random_.unit() * 100 < percent;
}

/// A draw that leans towards the one before it, as netem's correlated generator does.
bool Link::reordered() {
  if (profile_.reorder_percent <= 0) return false;
  const double weight = profile_.correlation_percent / 100;
  last_reorder_draw_ = random_.unit() * (1 - weight) + last_reorder_draw_ * weight;
  return last_reorder_draw_ * 100 < profile_.reorder_percent;
}

Time Link::arrival(std::size_t bytes, Time now) {
  if (reordered()) return now;
  Duration delay = profile_.delay;
  if (profile_.jitter > Duration::zero()) {
    const auto spread = static_cast<double>(profile_.jitter.count()) * (2 * random_.unit() - 1);
    delay = std::max(Duration::zero(), delay + Duration{static_cast<Duration::rep>(spread)});
  }
  Time at = now + delay;
  if (profile_.rate_bits_per_second > 0) {
    const std::uint64_t bits = std::uint64_t{bytes} * 8;
    const Duration takes{
        static_cast<Duration::rep>(bits * 1'000'000'000 / profile_.rate_bits_per_second)};
    at = std::max(at, line_free_) + takes;
    line_free_ = at;
  }
  return at;
}

} // namespace hermesh
