// SPDX-License-Identifier: MIT
#include "runner/guest_facts.hh"

#include "base/error.hh"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// Of cards only: a VPN opens and closes interfaces of its own.
constexpr auto facts_script =
    "for card in /sys/class/net/*; do [ ! -e $card/device ] || cat $card/carrier_changes; done; "
    "echo; date +%s.%N; cat /proc/uptime";
constexpr auto facts_patience = 60s; ///< bounds a hang; a starved host's guest has needed 20 s

constexpr double most_seconds = 4e9; ///< until the year 2096

Duration seconds_of(const std::string& text) {
  const double seconds = std::stod(text);
  // What a guest says may be anything: "inf", or more than a Duration holds.
  if (!(std::abs(seconds) <= most_seconds)) throw std::out_of_range("no time of a machine");
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

} // namespace

GuestFacts parse_guest_facts(const std::string& text) {
  std::istringstream in(text);
  GuestFacts facts;
  try {
    std::string line;
    while (std::getline(in, line) && !line.empty())
      facts.carrier_changes += std::stoull(line);
    std::string wall;
    std::string uptime;
    if (in >> wall >> uptime) {
      facts.wall_clock = seconds_of(wall);
      facts.uptime = seconds_of(uptime);
      return facts;
    }
  } catch (const std::logic_error&) { // said below
  }
  throw Error("the guest's clocks and carriers: found '" + text.substr(0, 80) + "'");
}

GuestFacts ask_guest_facts(Machine& machine) {
  return parse_guest_facts(
      must(machine, {.argv = {"sh", "-c", facts_script}}, facts_patience).output);
}

Duration host_wall_clock() {
  return std::chrono::system_clock::now().time_since_epoch();
}

void set_guest_clock(Machine& machine) {
  const auto seconds = std::chrono::duration<double>(host_wall_clock()).count();
  must(machine, {.argv = {"date", "-u", "-s", fmt::format("@{:.3f}", seconds)}}, facts_patience);
}

} // namespace hermesh
