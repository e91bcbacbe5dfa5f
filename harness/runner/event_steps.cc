// SPDX-License-Identifier: MIT
//
// One event from its first look to its last, and what probes went through meanwhile.
#include "runner/event_player.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace hermesh {
namespace {

constexpr std::size_t outage_probes = 3; ///< fewer lost in a row are the noise of an ordinary path

} // namespace

std::string target_word(const EventSpec& event, const std::string& target) {
  return event.segment.empty() ? target : "segment " + target;
}

std::vector<EventResult> play_event(std::vector<PlayedEvent>& at_once,
                                    const EventPatience& patience,
                                    const std::function<Time()>& now,
                                    const std::function<void(Duration)>& pass) {
  for (auto& one : at_once)
    one.check.before();
  std::vector<EventResult> results;
  for (auto& one : at_once) {
    results.push_back({.event = to_string(one.spec.kind),
                       .target = target_word(one.spec, one.target),
                       .asked = now()});
    one.intervention.begin();
    one.in_effect = now();
  }
  const auto& spec = at_once.front().spec;
  const bool is_step = event_traits(spec.kind).is_step;
  const auto until = now() + spec.lasts.value_or(patience.stays);
  while (!is_step && now() < until) {
    for (auto& one : at_once)
      one.check.during();
    pass(patience.look);
  }
  const bool ends = spec.lasts.has_value();
  for (std::size_t i = 0; ends && i < at_once.size(); ++i) {
    results[i].ended = now();
    if (at_once[i].intervention.end) at_once[i].intervention.end();
  }
  const auto deadline = now() + patience.shows;
  std::vector<bool> enough(at_once.size());
  while (std::ranges::count(enough, false) > 0 && now() < deadline) {
    for (std::size_t i = 0; i < at_once.size(); ++i)
      if (!enough[i]) enough[i] = at_once[i].check.after(ends);
    pass(patience.look);
  }
  for (std::size_t i = 0; i < at_once.size(); ++i) {
    auto finding = at_once[i].check.conclude();
    results[i].seen = finding.seen;
    results[i].before = finding.before;
    results[i].after = finding.after;
    results[i].changed = finding.changed;
    results[i].reason = finding.reason;
    results[i].evidence = finding.evidence;
  }
  return results;
}

void add_recovery(EventResult& event, const ProbeTrack& there, const ProbeTrack& back, Time end) {
  std::set<std::uint32_t> answered;
  for (const auto& probe : back.probes)
    if (probe.received) answered.insert(probe.sequence);
  std::size_t in_a_row = 0;
  bool outage = false;
  event.recovered = Duration::zero();
  event.probes_sent = event.probes_lost = 0;
  for (const auto& probe : there.probes) {
    if (probe.sent < event.asked || probe.sent >= end) continue;
    ++event.probes_sent;
    if (!answered.contains(probe.sequence)) {
      ++event.probes_lost;
      outage = outage || ++in_a_row >= outage_probes;
      if (outage) event.recovered.reset();
      continue;
    }
    in_a_row = 0;
    if (std::exchange(outage, false)) event.recovered = probe.sent - event.asked;
  }
  if (event.probes_sent == 0) event.recovered.reset();
}

std::string unchanged_event(const std::vector<EventResult>& events) {
  const auto bad = std::ranges::find(events, false, &EventResult::changed);
  if (bad == events.end()) return {};
  return fmt::format("event {} ({} of {}) did not change what it should: {}",
                     bad - events.begin() + 1,
                     bad->event,
                     bad->target,
                     bad->reason);
}

} // namespace hermesh
