// SPDX-License-Identifier: MIT
#include "model/path.hh"
#include "model/readers.hh"
#include "model/verdict.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

TEST(Path, EveryKindSurvivesItsText) {
  for (const auto kind :
       {PathKind::local, PathKind::direct, PathKind::relayed, PathKind::unreachable})
    EXPECT_EQ(parse_path_kind(to_string(kind)), kind);
  EXPECT_EQ(parse_path_kind("Direct"), std::nullopt);
  EXPECT_LT(PathKind::direct, PathKind::relayed);
}

TEST(Path, ARelayedOneNamesItsRelay) {
  EXPECT_EQ(to_string(Path{.kind = PathKind::relayed, .via = "r", .infrastructure = true}),
            "relayed via r");
  EXPECT_EQ(to_string(Path{.kind = PathKind::direct}), "direct");
}

TEST(Verdict, OnlyTheFirstTwoAreWell) {
  EXPECT_EQ(exit_status(Verdict::as_expected), 0);
  EXPECT_EQ(exit_status(Verdict::better_than_expected), 0);
  EXPECT_EQ(exit_status(Verdict::worse_than_expected), 1);
  for (const auto lab : {Verdict::invalid, Verdict::inconclusive, Verdict::harness_error})
    EXPECT_EQ(exit_status(lab), 3) << to_string(lab);
}

TEST(Scenario, EveryFieldIsRead) {
  const auto document =
      nlohmann::json::parse(R"({"schema": 1, "name": "s", "description": "x", "gateways": [
    {"gateway": "g", "mapping": "ADM", "filtering": "EIF", "ports": "block", "port_block_size": 128,
     "flows": "strict", "hairpin": "internal-source", "refresh": "outbound-only",
     "timers": {"udp_unreplied": "30s", "tcp_established": "2h"}, "absolute_lifetime": "10m",
     "external_addresses": 4, "icmp_errors": "dropped", "per_host_limit": 100, "udp_out": "none",
     "tcp_out": [443, 80], "port_mapping": {"protocols": ["pcp", "nat-pmp"], "lifetime": "10m",
     "outbound": false}},
    {"gateway": "h", "translation": "one-to-one", "mapping": "EIM", "filtering": "APDF"},
    {"gateway": "i", "mapping": "EIM", "filtering": "APDF", "overload_ports": true},
    {"gateway": "j", "mapping": "APDM", "filtering": "APDF", "ports": "sequential-down",
     "pooling": "arbitrary", "external_addresses": 2}]})");
  const auto scenario = read_scenario(JsonReader("s.json", document));
  nat::Behaviour wanted{.mapping = nat::Dependence::address_dependent,
                        .filtering = nat::Dependence::endpoint_independent,
                        .ports = nat::PortAssignment::block,
                        .port_block_size = 128,
                        .flows = nat::FlowRule::strict,
                        .hairpin = nat::Hairpin::internal_source,
                        .refresh = nat::Refresh::outbound_only,
                        .absolute_lifetime = std::chrono::minutes{10},
                        .external_addresses = 4,
                        .icmp_errors = false,
                        .per_host_limit = 100,
                        .udp_out = nat::OutPolicy::none(),
                        .tcp_out = {.only = {{443, 80}}},
                        .port_mapping = {.nat_pmp = true,
                                         .pcp = true,
                                         .most_lifetime = std::chrono::minutes{10},
                                         .outbound = false}};
  wanted.timers.udp_unreplied = std::chrono::seconds{30};
  wanted.timers.tcp_established = std::chrono::hours{2};
  const std::vector<GatewayRule> rules{
      {.gateway = "g", .behaviour = wanted},
      {.gateway = "h", .behaviour = {.translating = nat::Translating::one_to_one}},
      {.gateway = "i", .behaviour = {.overload_ports = true}},
      {.gateway = "j",
       .behaviour = {.mapping = nat::Dependence::address_and_port_dependent,
                     .ports = nat::PortAssignment::sequential_down,
                     .pooling = nat::Pooling::arbitrary,
                     .external_addresses = 2}}};
  EXPECT_EQ(scenario.gateways, rules);
}

TEST(Profile, RatesHaveTheUnitsOfTc) {
  const auto rate = [](const char* text) {
    const nlohmann::json document{
        {"schema", 1}, {"name", "p"}, {"description", "x"}, {"rate", text}};
    return read_profile(JsonReader("p.json", document)).rate_bits_per_second;
  };
  EXPECT_EQ(rate("100Mbit"), 100'000'000U);
  EXPECT_EQ(rate("1.5Gbit"), 1'500'000'000U);
  EXPECT_EQ(rate("64kbit"), 64'000U);
  EXPECT_EQ(rate("9600bit"), 9600U);
}

} // namespace
} // namespace hermesh
