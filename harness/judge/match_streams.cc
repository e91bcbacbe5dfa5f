// SPDX-License-Identifier: MIT
#include "judge/match.hh"

#include <algorithm>
#include <cmath>
#include <map>

namespace hermesh {
namespace {

constexpr std::size_t stream_neighbours = 8; ///< on either side, of those that arrived
constexpr std::size_t fewest = 8;            ///< points below which a correlation says nothing
constexpr double in_step = 0.8;  ///< with 17 points an unrelated flow reaches this once in 10^4
constexpr double carrying = 0.8; ///< share of the probes for which the flow brought enough bytes
constexpr std::size_t segments_asked = 8; ///< of a flow, until one's trail is found

/// The bytes that one TCP connection brought, over time.
struct Flow {
  std::optional<Origin> origin{};
  std::size_t asked = 0;
  std::vector<Time> times{};
  std::vector<std::uint64_t> totals{}; ///< bytes up to and with that moment

  std::uint64_t until(Time time) const {
    const auto after = std::ranges::upper_bound(times, time) - times.begin();
    return after == 0 ? 0 : totals[static_cast<std::size_t>(after) - 1];
  }
};

std::vector<Flow> flows_of(const Sightings& sightings, std::span<const std::uint32_t> arrivals) {
  std::map<std::uint64_t, Flow> flows;
  for (const auto index : arrivals) {
    const auto& frame = sightings.at(index);
    if (frame.udp) continue;
    auto& flow = flows[frame.flow];
    if (!flow.origin && flow.asked++ < segments_asked) flow.origin = sightings.origin(index);
    const auto before = flow.totals.empty() ? 0 : flow.totals.back();
    flow.times.push_back(frame.time);
    flow.totals.push_back(before + frame.length);
  }
  std::vector<Flow> traced;
  for (auto& [key, flow] : flows)
    if (flow.origin) traced.push_back(std::move(flow));
  return traced;
}

struct Point {
  double length; ///< of the probe
  double bytes;  ///< that the flow brought meanwhile
};

/// Pearson's correlation; 0 when one side does not vary.
double correlation(std::span<const Point> points) {
  const auto count = static_cast<double>(points.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& p : points) {
    mean_x += p.length / count;
    mean_y += p.bytes / count;
  }
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (const auto& p : points) {
    xx += (p.length - mean_x) * (p.length - mean_x);
    yy += (p.bytes - mean_y) * (p.bytes - mean_y);
    xy += (p.length - mean_x) * (p.bytes - mean_y);
  }
  return xx <= 0 || yy <= 0 ? 0 : xy / std::sqrt(xx * yy);
}

/// How well a flow keeps step with these probes: 0 when it does not carry them at all.
double step_of(const Flow& flow, std::span<const ProbeRecord* const> probes) {
  std::vector<Point> points;
  std::size_t enough = 0;
  for (const auto* probe : probes) {
    const auto bytes =
        flow.until(*probe->received + clock_slack) - flow.until(probe->sent - clock_slack);
    if (bytes >= probe->length) ++enough;
    points.push_back(
        {.length = static_cast<double>(probe->length), .bytes = static_cast<double>(bytes)});
  }
  if (static_cast<double>(enough) < carrying * static_cast<double>(probes.size())) return 0;
  return correlation(points);
}

/// The sender whose flow keeps step; empty when none does, or flows of two senders do.
std::optional<Origin> carrier(const std::vector<Flow>& flows,
                              std::span<const ProbeRecord* const> probes) {
  std::optional<Origin> found;
  for (const auto& flow : flows) {
    if (step_of(flow, probes) < in_step) continue;
    if (found && found->machine != flow.origin->machine) return std::nullopt;
    found = flow.origin;
  }
  return found;
}

} // namespace

void match_streams(const Sightings& sightings,
                   std::span<const std::uint32_t> arrivals,
                   const std::vector<ProbeRecord>& probes,
                   Origins& origins) {
  const auto flows = flows_of(sightings, arrivals);
  if (flows.empty()) return;
  std::vector<const ProbeRecord*> open; // arrived, and no datagram brought it
  for (std::size_t i = 0; i < probes.size(); ++i)
    if (probes[i].received && !origins[i]) open.push_back(&probes[i]);
  if (open.size() < fewest) return;
  for (std::size_t i = 0; i < open.size(); ++i) {
    const auto first = i - std::min(i, stream_neighbours);
    const auto last = std::min(i + stream_neighbours + 1, open.size());
    const auto index = static_cast<std::size_t>(open[i] - probes.data());
    origins[index] = carrier(flows, std::span(open).subspan(first, last - first));
  }
}

} // namespace hermesh
