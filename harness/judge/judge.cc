// SPDX-License-Identifier: MIT
#include "judge/judge.hh"

#include "base/error.hh"
#include "judge/match.hh"
#include "judge/sightings.hh"
#include "judge/timeline.hh"
#include "probe/protocol.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

std::size_t machine_named(const std::vector<JudgedMachine>& machines, const std::string& name) {
  const auto found = std::ranges::find(machines, name, &JudgedMachine::name);
  if (found == machines.end()) throw Error(fmt::format("judge: there is no machine '{}'", name));
  return static_cast<std::size_t>(found - machines.begin());
}

/// Only what was captured while probes were under way is kept in memory.
Sightings::Wanted wanted_for(const std::vector<ProbeRecord>& probes) {
  Sightings::Wanted wanted{.from = Time::max(), .to = Time::min(), .shortest = UINT32_MAX};
  for (const auto& probe : probes) {
    if (!probe.received) continue;
    wanted.from = std::min(wanted.from, probe.sent - clock_slack);
    wanted.to = std::max(wanted.to, *probe.received + clock_slack);
    wanted.shortest = std::min(wanted.shortest, static_cast<std::uint32_t>(probe.length));
    wanted.longest =
        std::max(wanted.longest, static_cast<std::uint32_t>(probe.length + probe::step - 1));
  }
  return wanted;
}

Path path_of(const Origin& origin, std::size_t sender, const std::vector<JudgedMachine>& machines) {
  if (origin.machine == sender)
    return {.kind = origin.on_lan ? PathKind::local : PathKind::direct,
            .via = {},
            .infrastructure = false};
  const auto& via = machines[origin.machine];
  return {.kind = PathKind::relayed, .via = via.name, .infrastructure = via.infrastructure};
}

Origins origins_of(const std::filesystem::path& captures,
                   const std::vector<JudgedMachine>& machines,
                   const ProbeTrack& track,
                   std::size_t receiver) {
  const auto& probes = track.probes;
  Origins origins(probes.size());
  const auto wanted = wanted_for(probes);
  if (wanted.from > wanted.to) return origins; // nothing arrived
  const Sightings sightings(captures, machines, wanted);
  const auto arrivals = sightings.arrivals(receiver);
  // A lone datagram that happens to fit must not count against a stream that keeps step: it comes
  // last.
  match_datagrams(sightings, arrivals, probes, machines.size(), Trust::neighbours, origins);
  match_streams(sightings, arrivals, probes, origins);
  match_datagrams(sightings, arrivals, probes, machines.size(), Trust::itself_alone, origins);
  return origins;
}

} // namespace

DirectionVerdict judge(const std::filesystem::path& captures,
                       const std::vector<JudgedMachine>& machines,
                       const ProbeTrack& track) {
  const auto sender = machine_named(machines, track.from);
  const auto receiver = machine_named(machines, track.to);
  const auto origins = origins_of(captures, machines, track, receiver);
  DirectionVerdict verdict;
  for (std::size_t i = 0; i < track.probes.size(); ++i) {
    const auto& probe = track.probes[i];
    ProbeVerdict told{.sequence = probe.sequence, .sent = probe.sent, .received = probe.received};
    if (origins[i]) {
      told.path = path_of(*origins[i], sender, machines);
      told.identified = true;
    }
    verdict.probes.push_back(std::move(told));
  }
  draw_timeline(verdict);
  return verdict;
}

} // namespace hermesh
