// SPDX-License-Identifier: MIT
#include "cli/oracle_answer.hh"

#include "cli/cli.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace hermesh::cli {
namespace {

using nlohmann::ordered_json;

std::string policy_text(const std::string& protocol, const nat::OutPolicy& policy) {
  if (policy.passes_all()) return "";
  if (policy.passes_none()) return " (" + protocol + " blocked)";
  return " (" + protocol + " to " + nat::to_string(policy) + " only)";
}

std::string kind_text(const nat::Behaviour& behaviour) {
  const auto filtering = nat::filtering_name(behaviour.filtering);
  if (behaviour.translating == nat::Translating::none) return "firewall " + filtering;
  const auto kind = nat::mapping_name(behaviour.mapping) + "/" + filtering;
  return behaviour.translating == nat::Translating::napt ? kind : "one-to-one " + kind;
}

std::string verdict_text(const oracle::Expectation& expectation) {
  const auto path = to_string(expectation.path);
  if (expectation.certainty == oracle::Certainty::may) return "may be direct, else " + path;
  return "must be " + path;
}

ordered_json document_of(const OracleAnswer& answer) {
  ordered_json document{{"schema", 1},
                        {"path", to_string(answer.expectation.path)},
                        {"certainty", oracle::to_string(answer.expectation.certainty)},
                        {"reason", answer.expectation.reason},
                        {"vpn", answer.vpn.empty() ? ordered_json() : ordered_json(answer.vpn)},
                        {"a", {{"machine", answer.a}, {"gateways", answer.a_chain}}},
                        {"b", {{"machine", answer.b}, {"gateways", answer.b_chain}}},
                        {"steps", ordered_json::array()}};
  for (const auto& step : answer.steps)
    document["steps"].push_back({{"about", step.about}, {"text", step.text}});
  return document;
}

} // namespace

std::string chain_text(const std::vector<const Gateway*>& chain) {
  std::string text;
  for (const auto* gateway : chain) {
    const auto& behaviour = gateway->behaviour;
    text += (text.empty() ? "" : ", then ") + gateway->spec.name + " " + kind_text(behaviour) +
            policy_text("UDP", behaviour.udp_out) + policy_text("TCP", behaviour.tcp_out);
  }
  return text.empty() ? "public" : "behind " + text;
}

void print_answer(const OracleAnswer& answer, bool json) {
  if (json) {
    fmt::print("{}\n", document_of(answer).dump(2));
    return;
  }
  auto width = std::max({answer.a.size(), answer.b.size(), std::string_view("expected").size()});
  for (const auto& step : answer.steps)
    width = std::max(width, step.about.size());
  const auto line = [&](const std::string& label, const std::string& text) {
    fmt::print("{}{}\n", padded(label, width + 2), text);
  };
  line(answer.a, answer.a_chain);
  line(answer.b, answer.b_chain);
  line("VPN",
       answer.vpn.empty() ? "one that punches holes, and relays where there is a relay"
                          : answer.vpn);
  if (!answer.steps.empty()) fmt::print("\n");
  for (const auto& step : answer.steps)
    line(step.about, step.text);
  if (!answer.steps.empty()) fmt::print("\n");
  line("expected", verdict_text(answer.expectation) + ": " + answer.expectation.reason);
}

} // namespace hermesh::cli
