// SPDX-License-Identifier: MIT
#include "report/timeline.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace hermesh {
namespace {

char letter_of(PathKind kind) {
  switch (kind) {
  case PathKind::local:
  case PathKind::direct: return '=';
  case PathKind::relayed: return '~';
  case PathKind::unreachable: break;
  }
  return '.';
}

/// The letter with most of the time from `from` to `to`; '.' where no interval lies.
char letter_between(const DirectionResult& direction, Time from, Time to) {
  std::array<std::pair<char, Duration>, 3> shares{{{'=', {}}, {'~', {}}, {'.', Duration{1}}}};
  for (const auto& interval : direction.timeline) {
    const auto share = std::min(interval.to, to) - std::max(interval.from, from);
    if (share <= Duration::zero()) continue;
    std::ranges::find(shares, letter_of(interval.path.kind), &std::pair<char, Duration>::first)
        ->second += share;
  }
  return std::ranges::max_element(shares, {}, &std::pair<char, Duration>::second)->first;
}

} // namespace

Time timeline_end(const std::vector<DirectionResult>& paths) {
  Time end{0};
  for (const auto& direction : paths)
    for (const auto& interval : direction.timeline)
      end = std::max(end, interval.to);
  return end;
}

std::string timeline_bar(const DirectionResult& direction, Time end, std::size_t cells) {
  std::string bar;
  const auto cell = end / static_cast<std::int64_t>(cells);
  for (std::size_t i = 0; i < cells; ++i) {
    const auto from = cell * static_cast<std::int64_t>(i);
    bar += letter_between(direction, from, from + cell);
  }
  return bar;
}

std::string timeline_words(const DirectionResult& direction) {
  std::vector<std::pair<std::string, Time>> parts; ///< what, and until when
  const auto add = [&](const std::string& path, Time until) {
    if (!parts.empty() && parts.back().first == path)
      parts.back().second = until;
    else
      parts.emplace_back(path, until);
  };
  // Judging begins with the first probe: a moment before it is no outage.
  constexpr Duration gap = std::chrono::milliseconds{100};
  for (const auto& interval : direction.timeline) {
    if (interval.from > (parts.empty() ? Time{0} : parts.back().second) + gap)
      add("nothing", interval.from);
    add(interval.path.kind == PathKind::unreachable ? "nothing" : to_string(interval.path),
        interval.to);
  }
  std::string text;
  for (const auto& [path, until] : parts)
    text += (text.empty() ? "" : ", ") + path + " until " + rough(until);
  return text.empty() ? "nothing" : text;
}

std::string rough(Duration duration) {
  const auto seconds = static_cast<double>(duration.count()) / 1e9;
  if (seconds >= 100) return fmt::format("{:.0f}s", seconds);
  if (seconds >= 10) return fmt::format("{:.1f}s", seconds);
  if (seconds >= 1) return fmt::format("{:.2f}s", seconds);
  return fmt::format("{:.0f}ms", seconds * 1e3);
}

} // namespace hermesh
