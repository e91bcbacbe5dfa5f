// SPDX-License-Identifier: MIT
#include "judge/timeline.hh"

#include <algorithm>

namespace hermesh {
namespace {

/// Fewer in a row are the noise of an ordinary path.
constexpr std::size_t lost_makes_unreachable = 3;
constexpr std::size_t unidentified_breaks = 3;
constexpr std::uint32_t identified_settles = 5;
constexpr std::size_t lost_settles = 10;
constexpr std::size_t blind_unsettles = 10;

enum class Kind : std::uint8_t { identified, unidentified, lost };

Kind kind_of(const ProbeVerdict& probe) {
  if (!probe.received) return Kind::lost;
  return probe.identified ? Kind::identified : Kind::unidentified;
}

Time end_of(const ProbeVerdict& probe) {
  return std::max(probe.sent, probe.received.value_or(probe.sent));
}

class Drawing {
public:
  explicit Drawing(std::vector<PathInterval>& timeline) : timeline_(timeline) {}

  /// `probes` probes from `first` to `last` took `path`.
  void extend(const Path& path,
              const ProbeVerdict& first,
              const ProbeVerdict& last,
              std::size_t probes) {
    const auto count = static_cast<std::uint32_t>(probes);
    if (!timeline_.empty() && !broken_ && timeline_.back().path == path) {
      timeline_.back().to = end_of(last);
      timeline_.back().probes += count;
      return;
    }
    // An interval lasts until the next begins, unless nobody knows what was between.
    if (!timeline_.empty() && !broken_) timeline_.back().to = first.sent;
    timeline_.push_back({.from = first.sent, .to = end_of(last), .path = path, .probes = count});
    broken_ = false;
  }

  void break_off() { broken_ = true; }

private:
  std::vector<PathInterval>& timeline_;
  bool broken_ = false;
};

std::vector<PathInterval> join(const std::vector<ProbeVerdict>& probes) {
  std::vector<PathInterval> timeline;
  Drawing drawing(timeline);
  for (std::size_t i = 0; i < probes.size();) {
    const auto kind = kind_of(probes[i]);
    if (kind == Kind::identified) {
      drawing.extend(probes[i].path, probes[i], probes[i], 1);
      ++i;
      continue;
    }
    auto end = i;
    while (end < probes.size() && kind_of(probes[end]) == kind)
      ++end;
    const auto run = end - i;
    if (kind == Kind::lost && run >= lost_makes_unreachable)
      drawing.extend(Path{}, probes[i], probes[end - 1], run);
    if (kind == Kind::unidentified && run >= unidentified_breaks) drawing.break_off();
    i = end;
  }
  return timeline;
}

/// Arrived since a probe was last identified, and nobody knows how.
std::size_t blind_at_the_end(const std::vector<ProbeVerdict>& probes) {
  const auto told = std::find_if(
      probes.rbegin(), probes.rend(), [](const ProbeVerdict& p) { return p.identified; });
  return static_cast<std::size_t>(std::count_if(
      probes.rbegin(), told, [](const ProbeVerdict& p) { return p.received.has_value(); }));
}

std::size_t lost_at_the_end(const std::vector<ProbeVerdict>& probes) {
  const auto arrived = std::find_if(
      probes.rbegin(), probes.rend(), [](const ProbeVerdict& p) { return p.received.has_value(); });
  return static_cast<std::size_t>(arrived - probes.rbegin());
}

} // namespace

void draw_timeline(DirectionVerdict& verdict) {
  const auto& probes = verdict.probes;
  verdict.timeline = join(probes);
  verdict.unidentified =
      static_cast<std::uint32_t>(std::ranges::count(probes, Kind::unidentified, kind_of));
  const auto lost = lost_at_the_end(probes);
  verdict.settled = {};
  verdict.proven = lost >= lost_settles;
  if (verdict.proven || lost == probes.size()) return;
  const auto reached = [](const PathInterval& interval) {
    return interval.path.kind != PathKind::unreachable;
  };
  const auto enough = [&](const PathInterval& interval) {
    return reached(interval) && interval.probes >= identified_settles;
  };
  const auto& timeline = verdict.timeline;
  auto found = std::find_if(timeline.rbegin(), timeline.rend(), enough);
  verdict.proven = found != timeline.rend() && blind_at_the_end(probes) < blind_unsettles;
  if (found == timeline.rend()) found = std::find_if(timeline.rbegin(), timeline.rend(), reached);
  if (found != timeline.rend()) verdict.settled = found->path;
}

} // namespace hermesh
