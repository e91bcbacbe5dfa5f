// SPDX-License-Identifier: MIT
#include "runner/probe_clock.hh"

#include <algorithm>
#include <iterator>

namespace hermesh {
namespace {

/// Long enough for a quiet moment to be among its exchanges, short enough for drift to be small
/// within it.
constexpr Duration window = std::chrono::seconds{5};

/// An answer that lay unread for long says nothing: nobody was pumping. Below this no answer is
/// refused.
constexpr Duration never_refused = std::chrono::milliseconds{20};

} // namespace

void ProbeClock::add(Time before, Time guest, Time after) {
  const auto uncertainty = (after - before) / 2;
  if (!samples_.empty() && uncertainty > std::max(never_refused, 2 * this->uncertainty())) return;
  const Sample sample{guest, before + uncertainty - guest, uncertainty};
  if (samples_.empty() || samples_.back().lasting ||
      guest / window != samples_.back().guest / window) {
    if (samples_.empty() || guest > samples_.back().guest) samples_.push_back(sample);
    return;
  }
  if (uncertainty < samples_.back().uncertainty) samples_.back() = sample;
}

void ProbeClock::stood_still(Time from, Time to) {
  if (samples_.empty()) return;
  const Sample last = samples_.back();
  const Time stopped = std::max(from - last.offset, last.guest + Duration{1});
  samples_.push_back({stopped, last.offset, last.uncertainty, true});
  samples_.push_back({stopped + Duration{1}, last.offset + (to - from), last.uncertainty, true});
}

Time ProbeClock::to_fabric(Time guest) const {
  const auto later = std::ranges::upper_bound(samples_, guest, {}, &Sample::guest);
  if (later == samples_.begin()) return guest + later->offset;
  const auto& a = *std::prev(later);
  if (later == samples_.end()) return guest + a.offset;
  const double share = static_cast<double>((guest - a.guest).count()) /
                       static_cast<double>((later->guest - a.guest).count());
  const auto change = static_cast<double>((later->offset - a.offset).count()) * share;
  return guest + a.offset + Duration{static_cast<std::int64_t>(change)};
}

Duration ProbeClock::uncertainty() const {
  Duration worst{0};
  for (const auto& sample : samples_)
    worst = std::max(worst, sample.uncertainty);
  return worst;
}

} // namespace hermesh
