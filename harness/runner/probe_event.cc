// SPDX-License-Identifier: MIT
#include "runner/probe_event.hh"

#include "base/error.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <limits>

namespace hermesh {
namespace {

using nlohmann::json;

/// Sums and differences of such times stay far from the ends of their type.
constexpr Time longest_uptime = std::chrono::hours{10 * 365 * 24};

[[noreturn]] void refuse(const json& said, const std::string& machine, const std::string& what) {
  throw Error(fmt::format(
      "the probe program on machine '{}' said {}: {}", machine, said.dump().substr(0, 160), what));
}

std::uint64_t
natural(const json& said, const char* field, std::uint64_t most, const std::string& machine) {
  const auto found = said.find(field);
  const bool whole = found != said.end() && found->is_number_integer() &&
                     (found->is_number_unsigned() || found->get<std::int64_t>() >= 0);
  if (!whole || found->get<std::uint64_t>() > most)
    refuse(said, machine, fmt::format("wanted '{}' from 0 to {}", field, most));
  return found->get<std::uint64_t>();
}

std::uint32_t small(const json& said, const char* field, const std::string& machine) {
  return static_cast<std::uint32_t>(
      natural(said, field, std::numeric_limits<std::uint32_t>::max(), machine));
}

ProbeEvent::Kind kind_of(const std::string& word) {
  using enum ProbeEvent::Kind;
  constexpr std::array words{"sent", "request", "replied", "reply"};
  constexpr std::array kinds{sent, request, replied, reply};
  for (std::size_t i = 0; i < words.size(); ++i)
    if (word == words.at(i)) return kinds.at(i);
  return other;
}

} // namespace

ProbeEvent read_probe_event(const json& said, const std::string& machine) {
  const auto event = said.find("event");
  if (event == said.end() || !event->is_string()) refuse(said, machine, "wanted an event's name");
  const auto word = event->get<std::string>();
  if (word == "dropped")
    throw Error(
        fmt::format("the probe program on machine '{}' lost {} events: nobody read them in time",
                    machine,
                    small(said, "count", machine)));
  ProbeEvent read{.kind = kind_of(word), .stream = small(said, "stream", machine)};
  read.sequence = small(said, "seq", machine);
  if (read.sequence >= most_probes)
    throw Error(fmt::format("probe number {}: that is too many", read.sequence));
  read.time = read_guest_time(said, "time", machine);
  read.length = small(said, "length", machine);
  return read;
}

Time read_guest_time(const json& said, const char* field, const std::string& machine) {
  return Time{static_cast<std::int64_t>(
      natural(said, field, static_cast<std::uint64_t>(longest_uptime.count()), machine))};
}

} // namespace hermesh
