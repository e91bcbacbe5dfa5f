// SPDX-License-Identifier: MIT
// What lies behind gateways that translate nothing: who knows the way in, and who cannot.
#include "base/error.hh"
#include "model/network.hh"
#include "model/readers.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

/// internet -- outer -- middle -- inner -- inside, with both families.
Topology two_layers(const std::string& middle, const std::string& inside) {
  auto document = nlohmann::json::parse(R"({"schema": 1, "name": "layers", "description": "two",
    "segments": [{"name": "internet", "ipv4": "80.100.0.0/16", "ipv6": "3fff::/64"},
                 {"name": "middle", "ipv6": "3fff:0:1::/64"},
                 {"name": "inside", "ipv6": "3fff:0:2::/64"}],
    "gateways": [
      {"name": "outer", "role": "outer", "outside": {"segment": "internet"}, "inside": [{"segment": "middle"}]},
      {"name": "inner", "role": "inner", "outside": {"segment": "middle"}, "inside": [{"segment": "inside"}]}],
    "machines": [{"name": "a", "role": "peer", "cards": [{"segment": "inside"}]},
                 {"name": "b", "role": "peer", "cards": [{"segment": "internet"}]}]})");
  document["segments"][1]["ipv4"] = middle;
  document["segments"][2]["ipv4"] = inside;
  return read_topology(JsonReader("layers.json", document));
}

Scenario translating(nat::Translating outer, nat::Translating inner) {
  return {.name = "two",
          .gateways = {{.role = "outer", .behaviour = {.translating = outer}},
                       {.role = "inner", .behaviour = {.translating = inner}}}};
}

constexpr auto none = nat::Translating::none;
constexpr auto napt = nat::Translating::napt;

std::vector<std::string> prefixes(const Network& network, const std::string& segment) {
  std::vector<std::string> texts;
  for (const Route& route : routes_inwards(network, segment))
    texts.push_back(to_string(route.prefix) + " via " + to_string(route.next_hop));
  return texts;
}

std::string complaint(const Topology& topology, const Scenario& scenario) {
  try {
    bind(topology, scenario, {}, 1);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Routes, GoThroughWhatDoesNotTranslate) {
  const auto topology = two_layers("80.101.1.0/24", "80.101.2.0/24");
  const auto open = bind(topology, translating(none, none), {}, 1);
  EXPECT_EQ(prefixes(open, "internet"),
            (std::vector<std::string>{"80.101.1.0/24 via 80.100.0.10",
                                      "3fff:0:1::/64 via 3fff::a",
                                      "80.101.2.0/24 via 80.100.0.10",
                                      "3fff:0:2::/64 via 3fff::a"}));
  const auto closed = bind(topology, translating(napt, none), {}, 1);
  EXPECT_EQ(prefixes(closed, "internet"),
            (std::vector<std::string>{"3fff:0:1::/64 via 3fff::a", "3fff:0:2::/64 via 3fff::a"}));
  EXPECT_EQ(
      prefixes(closed, "middle"),
      (std::vector<std::string>{"80.101.2.0/24 via 80.101.1.10", "3fff:0:2::/64 via 3fff:0:1::a"}));
  EXPECT_TRUE(prefixes(closed, "inside").empty());
}

TEST(Routes, PrivateAddressesAreRoutedNowhereButBehindATranslation) {
  const auto topology = two_layers("10.1.0.0/16", "10.2.0.0/16");
  EXPECT_EQ(complaint(topology, translating(napt, none)), "");
  EXPECT_EQ(complaint(topology, translating(napt, napt)), "");
  EXPECT_EQ(complaint(topology, translating(none, napt)),
            "scenario 'two' is not applicable to topology 'layers': gateway 'outer' translates "
            "nothing, and 10.1.0.0/16 of segment 'middle' is no address that the Internet routes "
            "to (RFC 1918, RFC 6598)");
}

TEST(Routes, AnIpv6RuleWantsIpv6) {
  auto topology = two_layers("10.1.0.0/16", "10.2.0.0/16");
  auto scenario = translating(napt, napt);
  scenario.gateways[0].behaviour.ipv6 = nat::Ipv6::dropped;
  EXPECT_EQ(complaint(topology, scenario), "");
  topology.gateways[0].outside.ipv6.reset();
  EXPECT_EQ(complaint(topology, scenario),
            "scenario 'two' is not applicable to topology 'layers': its rule for gateway 'outer' "
            "has ipv6 'dropped', and the gateway has no IPv6 outside");
}

TEST(Routes, AnUntranslatedPrefixIsNobodyElses) {
  auto topology = two_layers("10.1.0.0/16", "10.2.0.0/16");
  topology.segments[1].ipv4 = topology.segments[2].ipv4;
  EXPECT_NE(complaint(topology, translating(napt, none)).find("is also that of segment 'middle'"),
            std::string::npos);
}

} // namespace
} // namespace hermesh
