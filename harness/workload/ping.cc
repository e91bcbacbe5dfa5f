// SPDX-License-Identifier: MIT
#include "workload/ping.hh"

#include <array>
#include <charconv>
#include <string>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// The number that starts at `text`, which is advanced past it and one separator.
double take_number(std::string_view& text) {
  double value = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{}) return 0;
  const auto used = static_cast<std::size_t>(rest - text.data());
  text.remove_prefix(std::min(text.size(), used + 1));
  return value;
}

} // namespace

Sample parse_ping(std::string_view output) {
  Sample sample;
  const auto rtt = output.find("rtt min/avg/max/mdev = ");
  if (rtt == std::string_view::npos) return {.problem = "no echo came back"};
  auto numbers = output.substr(rtt + std::string_view("rtt min/avg/max/mdev = ").size());
  for (const auto* metric : {"rtt minimum", "rtt average", "rtt maximum", "rtt deviation"})
    sample.figures.push_back({.metric = metric, .unit = "ms", .value = take_number(numbers)});
  const auto loss = output.find("% packet loss");
  if (loss != std::string_view::npos) {
    const auto comma = output.rfind(' ', loss);
    auto number = output.substr(comma + 1);
    sample.figures.push_back({.metric = "loss", .unit = "%", .value = take_number(number)});
  }
  return sample;
}

Sample run_ping(Machine& client, Machine& /*server*/, const Address& server_address) {
  const auto exit = client.exec(
      {.argv = {"ping", "-n", "-q", "-c", "30", "-i", "0.2", "-W", "2", to_string(server_address)}},
      30s);
  if (exit.timed_out) return {.problem = "ping did not end in 30 s"};
  return parse_ping(exit.output);
}

} // namespace hermesh
