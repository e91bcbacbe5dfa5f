// SPDX-License-Identifier: MIT
// Ports that hosts ask their gateways for: the theory against packets, and in plain cases.
#include "oracle/leases.hh"
#include "scenes.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;
using nat::Behaviour;

constexpr std::uint64_t first_seed = 20260101;
const Abilities asker{.punches_udp = true, .relays = true, .port_mapping = {"nat-pmp", "pcp"}};
const Abilities puncher{.punches_udp = true, .relays = true};

Behaviour symmetric(const nat::PortMapping& mapping = {}) {
  return {.mapping = address_and_port_dependent,
          .filtering = address_and_port_dependent,
          .ports = nat::PortAssignment::random,
          .port_mapping = mapping};
}
const Behaviour granting = symmetric({.pcp = true});
const Behaviour inbound_only = symmetric({.pcp = true, .outbound = false});

PathKind path(const Side& a, const Side& b, const Abilities& abilities = asker) {
  return expect(a, b, Side{}, abilities).path;
}

TEST(Lease, MakesTwoSymmetricHomesDirect) {
  EXPECT_EQ(path({{granting}}, {{symmetric()}}, puncher), PathKind::relayed);
  EXPECT_EQ(path({{granting}}, {{symmetric()}}), PathKind::direct);
  EXPECT_EQ(path({{symmetric()}}, {{granting}}), PathKind::direct);
  EXPECT_EQ(path({{symmetric()}}, {{symmetric()}}), PathKind::relayed);
}

TEST(Lease, NeedsAProtocolThatBothSpeak) {
  Abilities old = asker;
  old.port_mapping = {"nat-pmp"};
  EXPECT_EQ(path({{granting}}, {{symmetric()}}, old), PathKind::relayed);
  EXPECT_EQ(path({{symmetric({.nat_pmp = true})}}, {{symmetric()}}, old), PathKind::direct);
}

TEST(Lease, ThatIsRefusedChangesNothing) {
  for (const auto refuses :
       {nat::Refusing::not_authorized, nat::Refusing::no_resources, nat::Refusing::network_failure})
    EXPECT_EQ(path({{symmetric({.pcp = true, .refuses = refuses})}}, {{symmetric()}}),
              PathKind::relayed);
}

TEST(Lease, OfInboundOnlyIsAnsweredFromWhereFlowsAreReused) {
  EXPECT_EQ(path({{inbound_only}}, {{symmetric()}}), PathKind::direct);
  Behaviour strict = inbound_only;
  strict.flows = nat::FlowRule::strict;
  EXPECT_EQ(path({{strict}}, {{symmetric()}}), PathKind::relayed);
  Behaviour lenient = symmetric();
  lenient.filtering = address_dependent;
  EXPECT_EQ(path({{strict}}, {{lenient}}), PathKind::direct);
}

// Behind a carrier's NAT a port of the home gateway is one that nobody outside can send to; but it
// stays, so that the home's symmetry is out of the way.
TEST(Lease, OfTheInnerGatewayHelpsOnlyThatLayer) {
  const Behaviour carrier{.filtering = address_and_port_dependent};
  const Behaviour open{};
  EXPECT_EQ(path({{granting, symmetric()}}, {{symmetric()}}), PathKind::relayed);
  EXPECT_EQ(path({{symmetric(), carrier}}, {{open}}), PathKind::relayed);
  EXPECT_EQ(path({{granting, carrier}}, {{open}}), PathKind::direct);
  EXPECT_EQ(path({{inbound_only, carrier}}, {{open}}), PathKind::relayed);
}

TEST(Lease, OfTheOuterGatewayIsOutOfTheHostsReach) {
  EXPECT_EQ(path({{symmetric(), granting}}, {{symmetric()}}), PathKind::relayed);
  EXPECT_EQ(path({{granting}}, {{symmetric()}}), PathKind::direct) << "without a home gateway";
}

TEST(Lease, MeetsOnTheCarriersInsideWithoutHairpin) {
  const Side a{.chain = {granting, symmetric()}, .gateways = {"home-a", "cgn"}};
  const Side b{.chain = {symmetric(), symmetric()}, .gateways = {"home-b", "cgn"}};
  EXPECT_EQ(path(a, b, puncher), PathKind::relayed);
  const auto expected = expect(a, b, Side{}, asker);
  EXPECT_EQ(expected.path, PathKind::direct);
  EXPECT_NE(expected.reason.find("home-a granted A a port"), std::string::npos) << expected.reason;
}

bool is_direct(const Side& a, const Side& b) {
  return path(a, b) == PathKind::direct;
}

TEST(RandomLeases, AreAsTheFormulaSays) {
  int by_lease = 0;
  int refused = 0;
  int differ = 0;
  for (std::uint64_t i = 0; i < 12'000; ++i) {
    const Scene scene = SceneDraw(first_seed + i).scene_with_leases();
    const bool expected = is_direct(side_a(scene), side_b(scene));
    const bool without = path(side_a(scene), side_b(scene), puncher) == PathKind::direct;
    if (expected && !without) ++by_lease;
    if (!expected) ++refused;
    for (const auto order : orders) {
      const bool packets = PunchWorld(scene, first_seed + i).punch(order);
      if (packets == expected || ++differ > 5) continue;
      ADD_FAILURE() << "seed " << first_seed + i << " order " << static_cast<int>(order)
                    << describe(scene) << "\n  formula " << expected << " packets " << packets;
    }
  }
  EXPECT_EQ(differ, 0);
  EXPECT_GT(by_lease, 500) << "the draw must not be one-sided";
  EXPECT_GT(refused, 500);
}

/// The right formula, asked about other gateways than there are.
struct WrongLease {
  const char* name;
  void (*distort)(Side&);
};

std::ostream& operator<<(std::ostream& out, const WrongLease& wrong) {
  return out << wrong.name;
}

const std::vector<WrongLease> wrong_leases{
    {"leases_are_forgotten",
     [](Side& side) {
       for (auto& layer : side.chain)
         layer.port_mapping = {};
     }},
    {"refusals_are_forgotten",
     [](Side& side) {
       for (auto& layer : side.chain)
         layer.port_mapping.refuses = nat::Refusing::no;
     }},
    {"inbound_only_is_forgotten",
     [](Side& side) {
       for (auto& layer : side.chain)
         layer.port_mapping.outbound = true;
     }},
    {"every_layer_grants",
     [](Side& side) {
       for (auto& layer : side.chain)
         if (layer.port_mapping.grants()) layer.filtering = layer.mapping = endpoint_independent;
     }},
    {"the_outermost_layer_is_asked",
     [](Side& side) {
       if (!side.chain.empty()) side.chain.front().port_mapping = side.chain.back().port_mapping;
     }},
};

class WrongLeases : public ::testing::TestWithParam<WrongLease> {};

INSTANTIATE_TEST_SUITE_P(Oracle,
                         WrongLeases,
                         ::testing::ValuesIn(wrong_leases),
                         [](const auto& wrong) { return std::string(wrong.param.name); });

TEST_P(WrongLeases, AreCaughtByPackets) {
  int caught = 0;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    const Scene scene = SceneDraw(first_seed + i).scene_with_leases();
    Side a = side_a(scene);
    Side b = side_b(scene);
    GetParam().distort(a);
    GetParam().distort(b);
    if (PunchWorld(scene, first_seed + i).punch(PunchWorld::Order::crossing) != is_direct(a, b))
      ++caught;
  }
  EXPECT_GT(caught, 10) << "of 3000 scenes";
}

} // namespace
} // namespace hermesh::oracle
