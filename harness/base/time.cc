// SPDX-License-Identifier: MIT
#include "base/time.hh"

#include <array>
#include <charconv>
#include <cmath>

namespace hermesh {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array units{Unit{"h", 3'600'000'000'000},
                           Unit{"m", 60'000'000'000},
                           Unit{"s", 1'000'000'000},
                           Unit{"ms", 1'000'000},
                           Unit{"us", 1'000},
                           Unit{"ns", 1}};

} // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double number = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || number < 0) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const auto& unit : units) {
    if (unit.name != name) continue;
    const double total = number * static_cast<double>(unit.nanoseconds);
    if (!(total < 9.0e18)) return std::nullopt;
    return Duration(std::llround(total));
  }
  return std::nullopt;
}

std::string to_string(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  for (const auto& unit : units)
    if (duration.count() % unit.nanoseconds == 0)
      return std::to_string(duration.count() / unit.nanoseconds) + std::string(unit.name);
  return std::to_string(duration.count()) + "ns";
}

} // namespace hermesh
