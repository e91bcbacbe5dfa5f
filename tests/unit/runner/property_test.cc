// SPDX-License-Identifier: MIT
//
// Whatever a scenario may declare, a gateway that is built so is measured so, by frames. Scenarios
// are drawn at random over all axes; one that fails is made as small as it still fails, and printed
// as a file that `hermesh certify` takes.
//
//     HERMESH_PROPERTY_CASES  how many scenarios in all (default: see below)
//     HERMESH_PROPERTY_SEED   of the first draw
#include "base/random.hh"
#include "model/catalog.hh"
#include "model/readers.hh"
#include "random_behaviour.hh"
#include "runner/certificate.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>

namespace hermesh::testing {
namespace {

using nat::Behaviour;

constexpr std::uint32_t shards = 10; ///< CTest runs them beside each other
constexpr std::uint32_t usual_cases = 1000;

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable); // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::stoull(text);
}

/// What is built of what is declared: a mutant builds something else.
using Builder = std::function<Behaviour(const Behaviour&)>;
Behaviour faithfully(const Behaviour& declared) {
  return declared;
}

class Property {
public:
  explicit Property(Builder builder = faithfully)
      : builder_(std::move(builder)),
        topology_(read_topology(JsonReader("place.json", place_document()))) {}

  /// How the gateway differs from what it was declared to be, a line each; empty: in nothing.
  std::string difference(const Behaviour& declared, std::uint64_t seed) const {
    const nlohmann::json document = scenario_document(declared);
    const auto scenario = read_scenario(JsonReader("drawn.json", document));
    if (scenario.gateways.at(0).behaviour != declared) return "\n  read differently";
    const auto network = bind(topology_, scenario, {}, seed);
    auto built = network;
    built.gateways.at(0).behaviour = builder_(declared);
    const auto certificates = certify_network(network, built, seed);
    std::string text;
    for (const auto& axis : certificates.at(0).axes)
      if (!axis.as_declared)
        text += "\n  " + axis.axis + ": declared " + axis.declared + ", measured " + axis.measured;
    return text;
  }

  Behaviour smallest(const Behaviour& declared, std::uint64_t seed) const {
    return shrink(declared,
                  [&](const Behaviour& smaller) { return !difference(smaller, seed).empty(); });
  }

  /// For people: what fails, and how to see it fail alone.
  std::string story(const Behaviour& declared, std::uint64_t seed) const {
    const auto small = smallest(declared, seed);
    return "seed " + std::to_string(seed) + ":" + difference(declared, seed) +
           "\nthe smallest that fails:" + difference(small, seed) + "\n\n" +
           scenario_document(small).dump(2) + "\n\non\n\n" + place_document().dump(2) +
           "\n\nin files:\n  hermesh certify SCENARIO --topology TOPOLOGY --seed " +
           std::to_string(seed);
  }

private:
  /// One gateway, with addresses inside that a firewall may show outside.
  static nlohmann::json place_document() {
    std::ifstream in(std::string(HERMESH_TEST_SOURCE_DIR) + "/vm-topologies/nat-public.json");
    auto document = nlohmann::json::parse(in);
    document["name"] = "place";
    document["segments"][1]["ipv4"] = "80.101.1.0/24";
    return document;
  }

  Builder builder_;
  Topology topology_;
};

/// Each case has a seed of its own that says all of it.
std::uint64_t seed_of(std::uint64_t first, std::uint64_t index) {
  return derive_seed(first, "case " + std::to_string(index)) >> 32;
}
Behaviour drawn(std::uint64_t seed) {
  Random random(seed);
  return random_behaviour(random);
}

class Drawn : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Drawn, EveryScenarioIsMeasuredAsDeclared) {
  const Property property;
  const auto cases = number("HERMESH_PROPERTY_CASES", usual_cases);
  const auto first = number("HERMESH_PROPERTY_SEED", 1);
  std::uint64_t done = 0;
  for (std::uint64_t i = GetParam(); i < cases; i += shards, ++done) {
    const auto seed = seed_of(first, i);
    const auto declared = drawn(seed);
    ASSERT_TRUE(property.difference(declared, seed).empty()) << property.story(declared, seed);
  }
  EXPECT_GT(done, 0U);
}

INSTANTIATE_TEST_SUITE_P(Property, Drawn, ::testing::Range(0U, shards));

TEST(Property, WhatIsDrawnCoversEveryAxis) {
  std::map<std::string, std::set<std::string>> seen;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto document = scenario_document(drawn(seed_of(1, i)));
    for (const auto& [name, value] : document["gateways"][0].items())
      seen[name].insert(value.dump());
  }
  const std::map<std::string, std::size_t> words{{"translation", 2},
                                                 {"mapping", 3},
                                                 {"filtering", 3},
                                                 {"ports", 5},
                                                 {"overload_ports", 1},
                                                 {"flows", 1},
                                                 {"hairpin", 2},
                                                 {"refresh", 1},
                                                 {"pooling", 1},
                                                 {"icmp_errors", 1},
                                                 {"mtu_errors", 1}};
  for (const auto& [name, count] : words)
    EXPECT_EQ(seen[name].size(), count) << name;
  for (const auto* name : {"port_block_size",
                           "timers",
                           "absolute_lifetime",
                           "external_addresses",
                           "per_host_limit",
                           "udp_out",
                           "tcp_out",
                           "mtu",
                           "port_mapping"})
    EXPECT_GT(seen[name].size(), 30U) << name;
}

/// A gateway that gets one axis wrong, whatever was declared.
struct WrongAxis {
  const char* axis;
  std::function<void(Behaviour&)> spoil;
  std::set<std::string> smallest; ///< axes of the smallest failing scenario
};
void PrintTo(const WrongAxis& wrong, std::ostream* out) {
  *out << wrong.axis;
}

class Mutant : public ::testing::TestWithParam<WrongAxis> {};

TEST_P(Mutant, FailsAndShrinksToTheWrongAxis) {
  const Property property([&](Behaviour declared) {
    GetParam().spoil(declared);
    return declared;
  });
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto seed = seed_of(7, i);
    const auto declared = drawn(seed);
    // Large enough that shrinking has something to do.
    if (unusual_axes(declared).size() < 6 || property.difference(declared, seed).empty()) continue;
    const auto small = property.smallest(declared, seed);
    std::set<std::string> left;
    for (const auto* axis : unusual_axes(small))
      left.insert(axis->name);
    EXPECT_EQ(left, GetParam().smallest) << property.story(declared, seed);
    const auto story = property.story(declared, seed);
    EXPECT_NE(story.find("seed " + std::to_string(seed)), std::string::npos);
    EXPECT_NE(story.find(GetParam().axis + std::string(": declared")), std::string::npos) << story;
    return;
  }
  FAIL() << "no scenario shows it";
}

INSTANTIATE_TEST_SUITE_P(
    Property,
    Mutant,
    ::testing::Values(
        WrongAxis{"icmp_errors", [](Behaviour& b) { b.icmp_errors = true; }, {"icmp_errors"}},
        WrongAxis{"refresh", [](Behaviour& b) { b.refresh = nat::Refresh::both; }, {"refresh"}},
        WrongAxis{"udp_stream",
                  [](Behaviour& b) { b.timers.udp_stream = nat::Timers{}.udp_stream; },
                  {"udp_stream"}},
        WrongAxis{"hairpin",
                  [](Behaviour& b) {
                    if (b.hairpin == nat::Hairpin::external_source) b.hairpin = nat::Hairpin::off;
                  },
                  {"hairpin"}},
        WrongAxis{"port_block_size",
                  [](Behaviour& b) { b.port_block_size = Behaviour::default_port_block_size; },
                  {"ports", "port_block_size"}},
        WrongAxis{"pooling",
                  [](Behaviour& b) { b.pooling = nat::Pooling::paired; },
                  {"pooling", "external_addresses"}}),
    [](const auto& one) { return one.param.axis; });

} // namespace
} // namespace hermesh::testing
