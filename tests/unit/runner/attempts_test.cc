// SPDX-License-Identifier: MIT
// A lab whose gateways take one scenario after the other.
#include "base/error.hh"
#include "model/catalog.hh"
#include "runner/attempts.hh"
#include "runner/certificate.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

const Catalog& catalog() {
  static const Catalog shipped(DataFolders::below(HERMESH_TEST_SOURCE_DIR));
  return shipped;
}

std::vector<Network> networks_of(const std::string& topology) {
  std::vector<Network> networks;
  for (const auto& scenario : catalog().scenarios())
    try {
      networks.push_back(bind(catalog().topology(topology), catalog().scenario(scenario), {}, 1));
    } catch (const InputError&) { // not applicable
    }
  return networks;
}

class EveryTopology : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Shipped,
                         EveryTopology,
                         ::testing::ValuesIn(catalog().topologies()),
                         [](const auto& name) {
                           auto word = name.param;
                           std::ranges::replace(word, '-', '_');
                           return word;
                         });

/// Nothing of the scenario before is left in the gateways.
TEST_P(EveryTopology, CertifiesForOneScenarioAfterTheOther) {
  const auto networks = networks_of(GetParam());
  ASSERT_FALSE(networks.empty()) << "a topology that no shipped scenario fits is of no use";
  constexpr Time now = 1s;
  Certifier certifier(1);
  Fabric fabric(networks.front(), {.deliver = [&](PortId port, std::span<const std::byte> frame) {
                  certifier.sink(port, frame, now);
                }});
  for (const auto& network : networks) {
    for (const auto& gateway : network.gateways)
      fabric.set_behaviour(gateway.spec.name, gateway.behaviour);
    for (const auto& gateway : network.gateways) {
      const auto certificate = certify_gateway(network, gateway, certifier, fabric, now);
      EXPECT_TRUE(certificate.certified())
          << gateway.spec.name << ": declared " << certificate.declared() << ", measured "
          << certificate.measured();
    }
  }
}

// Whether a gateway translates decides what others have a route to.
TEST(VirtualAttempts, DoNotDependOnTheirOrder) {
  const auto topology = catalog().topology("firewalled");
  const auto spec =
      plan_trial(catalog(), {.topology = "firewalled", .scenario = "firewall", .vpn = "internal"});
  Scenario napt{.name = "napt"};
  for (const auto& gateway : topology.gateways)
    napt.gateways.push_back({.gateway = gateway.name});
  const std::vector<Network> networks{bind(topology, napt, {}, 1), spec.declared};
  for (const auto& cell : run_virtual_attempts(spec, networks).cells)
    EXPECT_TRUE(cell.as_expected()) << cell.expected.reason;
  const std::vector<Network> turned{spec.declared, networks.front()};
  for (const auto& cell : run_virtual_attempts(spec, turned).cells)
    EXPECT_TRUE(cell.as_expected()) << cell.expected.reason;
}

TEST(Attempt, ThatWasNotMadeSaysNothingAboutTheory) {
  Attempt attempt;
  attempt.expected.path = PathKind::unreachable;
  EXPECT_TRUE(attempt.as_expected());
  attempt.attempted = false;
  EXPECT_FALSE(attempt.as_expected());
  EXPECT_FALSE(attempt.is_sound());
}

} // namespace
} // namespace hermesh
