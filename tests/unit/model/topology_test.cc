// SPDX-License-Identifier: MIT
#include "model/catalog.hh"
#include "model/network.hh"
#include "model/readers.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

const fs::path source = HERMESH_TEST_SOURCE_DIR;

Catalog catalog() {
  return Catalog({.topologies = source / "vm-topologies",
                  .scenarios = source / "nat-scenarios",
                  .vpns = source / "vpns"});
}

std::string ipv4(const Attachment& attachment) {
  return attachment.ipv4 ? to_string(*attachment.ipv4) : "none";
}

TEST(Topology, AddressesLeftOutAreAssigned) {
  const auto topology = catalog().topology("equal-prefixes");
  ASSERT_EQ(topology.gateways.size(), 4U);
  EXPECT_EQ(ipv4(topology.gateways[0].outside), "80.100.0.11"); // .10 is the relay's
  EXPECT_EQ(ipv4(topology.gateways[1].outside), "80.100.0.12");
  EXPECT_EQ(ipv4(topology.gateways[0].inside[0]), "10.200.0.1");
  EXPECT_EQ(ipv4(topology.gateways[2].outside), "10.200.0.10");
  EXPECT_EQ(ipv4(topology.gateways[2].inside[0]), "192.168.1.1");
  EXPECT_EQ(ipv4(topology.machines[0].cards[0]), "192.168.1.10");
  EXPECT_EQ(ipv4(topology.machines[2].cards[0]), "80.100.0.10");
  EXPECT_EQ(topology, catalog().topology("equal-prefixes"));
}

TEST(Scenario, EveryShippedOneSaysWhatItStandsFor) {
  const auto library = catalog();
  EXPECT_GE(library.scenarios().size(), 25U);
  for (const auto& name : library.scenarios())
    EXPECT_FALSE(library.scenario(name).stands_for.empty()) << name;
}

TEST(Topology, SmallPrefixesAreUsedUpFromTheBottom) {
  const auto document = nlohmann::json::parse(R"({"schema": 1, "name": "small", "description": "x",
    "segments": [{"name": "n", "ipv4": "80.100.0.0/29", "ipv6": "3fff::/126"}],
    "machines": [{"name": "a", "role": "peer", "cards": [{"segment": "n", "ipv4": "80.100.0.1"}]},
                 {"name": "b", "role": "peer", "cards": [{"segment": "n"}]}]})");
  const auto topology = read_topology(JsonReader("small.json", document));
  EXPECT_EQ(ipv4(topology.machines[1].cards[0]), "80.100.0.2");
  EXPECT_EQ(to_string(*topology.machines[0].cards[0].ipv6), "3fff::1");
  EXPECT_EQ(to_string(*topology.machines[1].cards[0].ipv6), "3fff::2");
}

TEST(Topology, RolesMemoryAndAddressingAreRead) {
  const auto document = nlohmann::json::parse(R"({"schema": 1, "name": "t", "description": "x",
    "segments": [{"name": "n", "ipv4": "80.100.0.0/24", "addressing": "dhcp"}],
    "machines": [{"name": "a", "role": "peer", "memory_mib": 96, "cards": [{"segment": "n"}]},
                 {"name": "b", "role": "peer", "cards": [{"segment": "n"}]}]})");
  const auto topology = read_topology(JsonReader("t.json", document));
  EXPECT_TRUE(topology.segments[0].dhcp);
  EXPECT_EQ(topology.machines[0].memory_mib, 96U);
  EXPECT_EQ(topology.machines[1].memory_mib, 192U);
}

TEST(Shipped, FilesAreNamedAfterWhatTheyHold) {
  const auto shipped = catalog();
  EXPECT_GE(shipped.topologies().size(), 4U);
  for (const auto& name : shipped.topologies())
    EXPECT_EQ(shipped.topology(name).name, name);
  EXPECT_GE(shipped.scenarios().size(), 5U);
  for (const auto& name : shipped.scenarios())
    EXPECT_EQ(shipped.scenario(name).name, name);
  EXPECT_EQ(shipped.profiles(), (std::vector<std::string>{"baseline", "high", "low", "medium"}));
  for (const auto& name : shipped.profiles())
    EXPECT_EQ(shipped.profile(name).name, name);
}

TEST(Shipped, EveryScenarioAppliesToATopology) {
  const auto shipped = catalog();
  for (const auto& scenario : shipped.scenarios()) {
    bool applies = false;
    for (const auto& topology : shipped.topologies()) {
      try {
        bind(shipped.topology(topology), shipped.scenario(scenario), {}, 1);
        applies = true;
      } catch (const InputError&) { // not applicable to this one
      }
    }
    EXPECT_TRUE(applies) << scenario;
  }
}

TEST(Shipped, ProfilesAreTheStudys) {
  const auto high = catalog().profile("high");
  EXPECT_EQ(high.delay, std::chrono::milliseconds{6});
  EXPECT_EQ(high.jitter, std::chrono::milliseconds{15});
  EXPECT_DOUBLE_EQ(high.loss_percent, 2.5);
  EXPECT_DOUBLE_EQ(high.reorder_percent, 5);
  EXPECT_DOUBLE_EQ(high.correlation_percent, 50);
  EXPECT_FALSE(catalog().profile("baseline").impairs());
}

std::string complaint(const std::function<void()>& body) {
  try {
    body();
    return "accepted";
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(Catalog, UnknownNamesSuggestTheNearest) {
  EXPECT_EQ(complaint([] { catalog().topology("doubel-nat"); }),
            "there is no topology 'doubel-nat' (did you mean 'double-nat'?)");
  EXPECT_EQ(complaint([] { catalog().scenario("zzzzzz"); }),
            "there is no scenario 'zzzzzz'; `hermesh list` shows all");
  EXPECT_EQ(complaint([] { catalog().profile("hihg"); }),
            "there is no profile 'hihg' (did you mean 'high'?)");
  EXPECT_EQ(complaint([] { catalog().topology("./nope.json"); }),
            "./nope.json: there is no such file");
  EXPECT_EQ(catalog().topology((source / "vm-topologies/public.json").string()).name, "public");
}

TEST(Bind, RulesAndGatewaysMustMatch) {
  const auto shipped = catalog();
  EXPECT_EQ(complaint([&] {
              bind(shipped.topology("double-nat"), shipped.scenario("symmetric"), {}, 1);
            }),
            "scenario 'symmetric' is not applicable to topology 'double-nat': it has no rule for "
            "role 'carrier' of "
            "gateway 'carrier-b'");
  EXPECT_EQ(complaint([&] {
              bind(shipped.topology("nat-nat"), shipped.scenario("home-and-carrier"), {}, 1);
            }),
            "scenario 'home-and-carrier' is not applicable to topology 'nat-nat': it has a rule "
            "for a gateway of role "
            "'carrier', and the topology has none");
  auto named = shipped.scenario("symmetric");
  named.gateways.push_back({.gateway = "home-c", .behaviour = {}});
  EXPECT_EQ(complaint([&] { bind(shipped.topology("nat-nat"), named, {}, 1); }),
            "scenario 'symmetric' is not applicable to topology 'nat-nat': it has a rule for a "
            "gateway 'home-c', and "
            "the topology has none");
}

TEST(Bind, AGatewaysExternalAddressesAreItsAlone) {
  const auto shipped = catalog();
  auto topology = shipped.topology("nat-nat");
  Scenario scenario{.name = "pool",
                    .gateways = {{.role = "home"},
                                 {.gateway = "home-a", .behaviour = {.external_addresses = 4}}}};
  const auto at = [&](std::string_view address) {
    topology.gateways[0].outside.ipv4 = Address::parse(address);
    return complaint([&] { bind(topology, scenario, {}, 1); });
  };
  const std::string where = "scenario 'pool' is not applicable to topology 'nat-nat': gateway "
                            "'home-a' wants 4 addresses from ";
  EXPECT_EQ(at("80.100.7.0"), "accepted");
  EXPECT_EQ(at("80.100.0.7"), where + "80.100.0.7 on, and 80.100.0.10 is that of 'r'");
  EXPECT_EQ(at("80.100.0.13"), "accepted");
  EXPECT_EQ(at("80.100.255.251"), "accepted");
  EXPECT_EQ(at("80.100.255.252"),
            where + "80.100.255.252 on, and segment 'internet' has not so many");
}

TEST(Bind, ARuleByNameWinsOverItsRole) {
  const auto shipped = catalog();
  auto scenario = shipped.scenario("symmetric");
  scenario.gateways.insert(scenario.gateways.begin(),
                           {.gateway = "home-b", .behaviour = {.udp_out = nat::OutPolicy::none()}});
  const auto network = bind(shipped.topology("nat-nat"), scenario, {}, 1);
  EXPECT_TRUE(network.gateways[0].behaviour.udp_out.passes_all());
  EXPECT_TRUE(network.gateways[1].behaviour.udp_out.passes_none());
}

TEST(Bind, MacsComeFromTheSeed) {
  const auto shipped = catalog();
  const auto make = [&](std::uint64_t seed) {
    return bind(shipped.topology("double-nat"),
                shipped.scenario("home-and-carrier"),
                shipped.profile("low"),
                seed);
  };
  const auto network = make(7);
  EXPECT_EQ(network, make(7));
  EXPECT_NE(network.cards[0].mac, make(8).cards[0].mac);
  EXPECT_EQ(network.cards[2].profile.name, "low");
  std::set<MacAddress> macs;
  std::size_t ports = 0;
  const auto see = [&](const MacAddress& mac) {
    EXPECT_EQ(mac.bytes[0], 2) << to_string(mac);
    macs.insert(mac);
    ++ports;
  };
  for (const auto& card : network.cards)
    see(card.mac);
  for (const auto& gateway : network.gateways) {
    see(gateway.outside_mac);
    ASSERT_EQ(gateway.inside_macs.size(), gateway.spec.inside.size());
    for (const auto& mac : gateway.inside_macs)
      see(mac);
  }
  EXPECT_EQ(macs.size(), ports);
}

TEST(ChainOf, GoesFromTheCardOutwards) {
  const auto shipped = catalog();
  const auto network =
      bind(shipped.topology("double-nat"), shipped.scenario("home-and-carrier"), {}, 1);
  const auto names = [&](const std::string& machine) {
    std::string text;
    for (const auto* gateway : chain_of(network, machine))
      text += gateway->spec.name + " ";
    return text;
  };
  EXPECT_EQ(names("a"), "home-a ");
  EXPECT_EQ(names("b"), "home-b carrier-b ");
  EXPECT_EQ(names("r"), "");
  EXPECT_THROW(chain_of(network, "x"), Error);
}

} // namespace
} // namespace hermesh
