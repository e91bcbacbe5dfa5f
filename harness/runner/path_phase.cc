// SPDX-License-Identifier: MIT
#include "runner/path_phase.hh"

#include "base/random.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 500ms; ///< between two judgements: each reads the captures anew

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// When the path that now holds began, in the direction that was later; `now` when nothing is
/// known.
Time since(const PairVerdict& verdict, Time now) {
  Time latest{0};
  for (const auto* direction : {&verdict.there, &verdict.back}) {
    if (direction->timeline.empty()) return now;
    latest = std::max(latest, direction->timeline.back().from);
  }
  return latest;
}

bool received_any(const PairVerdict& verdict) {
  const auto arrived = [](const ProbeVerdict& probe) { return probe.received.has_value(); };
  return std::ranges::any_of(verdict.back.probes, arrived);
}

Duration stability(PathKind kind, const Patience& patience) {
  if (kind == PathKind::local || kind == PathKind::direct) return patience.direct_stable;
  return kind == PathKind::relayed ? patience.relayed_stable : patience.unreachable;
}

} // namespace

PathPhase::PathPhase(Lab& lab,
                     const TrialSpec& spec,
                     std::filesystem::path captures,
                     Progress& progress)
    : lab_(&lab), spec_(&spec), captures_(std::move(captures)), progress_(&progress) {}

void PathPhase::start(const Address& target, Time started) {
  started_ = started;
  const auto streams = derive_seed(spec_->seed, to_string(target));
  session_ =
      std::make_unique<ProbeSession>(lab_->machine(spec_->peer_a).open_probe(),
                                     lab_->machine(spec_->peer_b).open_probe(),
                                     ProbeOptions{.requester = spec_->peer_a,
                                                  .responder = spec_->peer_b,
                                                  .target = target,
                                                  .seed = streams,
                                                  .stream = static_cast<std::uint32_t>(streams),
                                                  .now = [this] { return lab_->fabric().now(); }});
}

PairVerdict PathPhase::judge_now() {
  lab_->fabric().flush_captures();
  std::vector<JudgedMachine> machines;
  for (const auto& machine : spec_->topology.machines)
    machines.push_back({.name = machine.name, .infrastructure = machine.role == "relay"});
  return {.there = judge(captures_, machines, session_->there()),
          .back = judge(captures_, machines, session_->back())};
}

void PathPhase::watch(const PairVerdict& verdict) {
  progress_->live(fmt::format("{:5.1f} s  {} > {}: {}, {} > {}: {}  ({} of {} probes answered)",
                              seconds(lab_->fabric().now() - started_),
                              spec_->peer_a,
                              spec_->peer_b,
                              to_string(verdict.there.settled),
                              spec_->peer_b,
                              spec_->peer_a,
                              to_string(verdict.back.settled),
                              session_->answered(),
                              session_->sent()));
}

PairVerdict PathPhase::settle(const Patience& patience) {
  while (true) {
    session_->pump(look_every);
    lab_->check_alive();
    auto verdict = judge_now();
    watch(verdict);
    const auto now = lab_->fabric().now();
    const auto kind = verdict.path();
    const auto held = kind == PathKind::unreachable && !received_any(verdict)
                          ? now - started_
                          : now - since(verdict, now);
    if (held >= stability(kind, patience) || now - started_ >= patience.most) return verdict;
  }
}

PairVerdict PathPhase::await_any(Duration patience) {
  const auto deadline = lab_->fabric().now() + patience;
  const auto before = session_->answered();
  while (true) {
    session_->pump(look_every);
    lab_->check_alive();
    const bool over = lab_->fabric().now() >= deadline;
    if (!over && session_->answered() < before + 5) continue;
    // The first answers may be a burst that was queued while the VPN shook hands, too dense to be
    // told apart: then those that follow tell.
    auto verdict = judge_now();
    if (over || verdict.path() != PathKind::unreachable) return verdict;
  }
}

void PathPhase::stop() {
  if (!session_) return;
  session_->stop();
  session_.reset(); // a probe stream has one user: whoever probes next gets it now
}

namespace {

DirectionResult direction(const ProbeTrack& track, const DirectionVerdict& verdict, Time started) {
  DirectionResult result{.from = track.from, .to = track.to, .path = verdict.settled};
  result.unidentified = verdict.unidentified;
  result.probes_sent = static_cast<std::uint32_t>(track.probes.size());
  for (const auto& probe : track.probes)
    if (probe.received) ++result.probes_received;
  for (auto interval : verdict.timeline) {
    interval.from -= started;
    interval.to -= started;
    result.timeline.push_back(interval);
  }
  return result;
}

} // namespace

std::vector<DirectionResult> directions(const PairVerdict& verdict,
                                        const ProbeTrack& there,
                                        const ProbeTrack& back,
                                        Time started) {
  return {direction(there, verdict.there, started), direction(back, verdict.back, started)};
}

} // namespace hermesh
