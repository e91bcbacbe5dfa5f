// SPDX-License-Identifier: MIT
#include "model/fields.hh"
#include "model/readers.hh"

#include <array>
#include <charconv>
#include <cmath>

namespace hermesh {
namespace {

using Fields = JsonReader::Fields;

constexpr Duration longest_delay = std::chrono::seconds{10};
constexpr double fastest_rate = 1e12;

/// "100Mbit" in bits per second, with the units of tc(8).
std::uint64_t read_rate(const JsonReader& json) {
  struct RateUnit {
    std::string_view name;
    double bits;
  };
  constexpr std::array rate_units{
      RateUnit{"bit", 1}, RateUnit{"kbit", 1e3}, RateUnit{"Mbit", 1e6}, RateUnit{"Gbit", 1e9}};
  const auto text = json.text();
  double number = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const auto& unit : rate_units) {
    const auto rate = number * unit.bits;
    if (problem == std::errc{} && name == unit.name && rate >= 1e3 && rate <= fastest_rate)
      return static_cast<std::uint64_t>(std::llround(rate));
  }
  json.fail("found " + json.quoted() +
            ", wanted a rate like '100Mbit' (kbit, Mbit, Gbit), from 1kbit to 1000Gbit");
}

} // namespace

void read_impairments(JsonReader::Fields& fields, Profile& profile) {
  const auto duration = [&](const char* name, Duration& value) {
    if (const auto field = fields.optional(name))
      value = read_duration(*field, Duration::zero(), longest_delay);
  };
  const auto percent = [&](const char* name, double& value) {
    if (const auto field = fields.optional(name)) value = read_percent(*field);
  };
  duration("delay", profile.delay);
  duration("jitter", profile.jitter);
  percent("loss_percent", profile.loss_percent);
  percent("reorder_percent", profile.reorder_percent);
  percent("duplicate_percent", profile.duplicate_percent);
  percent("correlation_percent", profile.correlation_percent);
  if (const auto rate = fields.optional("rate")) profile.rate_bits_per_second = read_rate(*rate);
}

Profile read_profile(const JsonReader& json) {
  Profile profile;
  json.object([&](Fields& fields) {
    read_schema(fields);
    profile.name = read_name(fields.required("name"));
    profile.description = read_line(fields.required("description"));
    read_impairments(fields, profile);
    // tc(8) refuses this too: without a delay there is nothing that a packet could overtake.
    if (profile.reorder_percent > 0 && profile.delay == Duration::zero())
      json.fail(
          "found 'reorder_percent' without 'delay': there is nothing that a packet could overtake");
  });
  return profile;
}

} // namespace hermesh
