// SPDX-License-Identifier: MIT
// The topologies that are shipped, and the JSON Schemas of all kinds of files.
#include "base/error.hh"
#include "model/catalog.hh"
#include "model/network.hh"
#include "model/readers.hh"
#include "model/schemas.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

const fs::path source = HERMESH_TEST_SOURCE_DIR;

Catalog catalog() {
  return Catalog({.topologies = source / "vm-topologies",
                  .scenarios = source / "nat-scenarios",
                  .vpns = source / "vpns"});
}

TEST(Library, TopologiesSayWhatTheyStandForHereAndInTheReadme) {
  const auto shipped = catalog();
  std::ifstream in(source / "vm-topologies" / "README.md");
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  for (const auto& name : shipped.topologies()) {
    const auto topology = shipped.topology(name);
    EXPECT_FALSE(topology.stands_for.empty()) << name;
    const auto row =
        "| `" + name + "` | " + topology.description + " | " + topology.stands_for + " |\n";
    EXPECT_NE(readme.find(row), std::string::npos) << "vm-topologies/README.md wants: " << row;
  }
}

TEST(Library, TheLibraryHasTheCasesThatUsersMeet) {
  const auto names = catalog().topologies();
  for (const auto* name : {"public",
                           "nat-public",
                           "nat-nat",
                           "double-nat",
                           "shared-cgn",
                           "shared-home",
                           "three-sites",
                           "dual-stack",
                           "hub-and-spokes",
                           "v6-firewalled",
                           "enterprise",
                           "mobile-roam",
                           "mobile-home",
                           "carrier-public",
                           "two-carriers",
                           "equal-prefixes"})
    EXPECT_TRUE(std::ranges::binary_search(names, name)) << name;
}

TEST(Library, PeersOfSharedAndOverlappingPlacesAreWhereTheirNamesSay) {
  const auto shipped = catalog();
  const auto chains = [&](const std::string& name) {
    const auto topology = shipped.topology(name);
    Scenario any{.name = "any"};
    for (const auto& gateway : topology.gateways)
      any.gateways.push_back({.gateway = gateway.name});
    const auto network = bind(topology, any, {}, 1);
    std::string text;
    for (const auto* peer : {"a", "b"}) {
      text += std::string(peer) + ":";
      for (const auto* gateway : chain_of(network, peer))
        text += " " + gateway->spec.name;
      text += "; ";
    }
    return text;
  };
  EXPECT_EQ(chains("shared-cgn"), "a: home-a carrier; b: home-b carrier; ");
  EXPECT_EQ(chains("shared-home"), "a: home; b: home; ");
  EXPECT_EQ(chains("two-carriers"), "a: home-a carrier-a; b: home-b carrier-b; ");
  EXPECT_EQ(chains("equal-prefixes"), "a: home-a outer-a; b: home-b outer-b; ");
  const auto equal = shipped.topology("equal-prefixes");
  EXPECT_EQ(equal.machines[0].cards[0].ipv4, equal.machines[1].cards[0].ipv4);
}

TEST(Schemas, AreThoseOfTheFilesAndNameEveryKind) {
  std::vector<std::string_view> kinds;
  for (const auto& schema : schemas()) {
    kinds.push_back(schema.kind);
    const auto file = std::string(schema.kind) + ".schema.json";
    std::ifstream in(source / "harness" / "model" / "schemas" / file);
    EXPECT_EQ(schema.text, (std::string{std::istreambuf_iterator<char>(in), {}})) << file;
  }
  EXPECT_EQ(kinds, (std::vector<std::string_view>{"topology", "scenario", "profile", "vpn"}));
}

TEST(Schemas, AFileMayNameIts) {
  auto document = nlohmann::json::parse(R"({"schema": 1, "name": "p", "description": "x",
    "$schema": "./profile.schema.json"})");
  EXPECT_EQ(read_profile(JsonReader("p.json", document)).name, "p");
  document["$schema"] = 7;
  EXPECT_THROW(read_profile(JsonReader("p.json", document)), InputError);
}

} // namespace
} // namespace hermesh
