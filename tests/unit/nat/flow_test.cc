// SPDX-License-Identifier: MIT
#include "table_fixture.hh"

namespace hermesh::nat {
namespace {

using enum Dependence;

// The case that decides twelve cells of the 9 x 9 table: the inside has sent first, so the flow to
// that remote has a port of its own already when the remote's packet comes in by the signalled one.
TEST(NatFlows, ReuseRebindsAFlowThatAlreadyHadAPort) {
  auto nat = nat_with({.mapping = address_and_port_dependent, .filtering = endpoint_independent});
  const auto signalled = nat.outbound(udp, laptop, stranger, noon).endpoint;
  const auto own = nat.outbound(udp, laptop, peer, noon).endpoint;
  ASSERT_NE(signalled, own);
  EXPECT_EQ(nat.inbound(udp, peer, signalled, noon), to(laptop));
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), to(signalled));
}

TEST(NatFlows, ARemoteThatWasReboundIsStillHeardOnItsFirstPort) {
  auto nat = nat_with({.mapping = address_and_port_dependent, .filtering = endpoint_independent});
  const auto signalled = nat.outbound(udp, laptop, stranger, noon).endpoint;
  const auto own = nat.outbound(udp, laptop, peer, noon).endpoint;
  nat.inbound(udp, peer, signalled, noon);
  EXPECT_EQ(nat.inbound(udp, peer, own, noon), to(laptop));
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), to(own)) << "the last packet decides";
}

TEST(NatFlows, StrictNeverRebinds) {
  auto nat = nat_with({.mapping = address_and_port_dependent,
                       .filtering = endpoint_independent,
                       .flows = FlowRule::strict});
  const auto signalled = nat.outbound(udp, laptop, stranger, noon).endpoint;
  const auto own = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound(udp, peer, signalled, noon), to(laptop));
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), to(own));
}

TEST(NatFlows, StrictKeepsNothingOfAStranger) {
  auto nat = nat_with({.filtering = endpoint_independent, .flows = FlowRule::strict});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  for (std::uint16_t port = 1; port < 100; ++port)
    EXPECT_EQ(nat.inbound(udp, {.address = stranger.address, .port = port}, external, noon),
              to(laptop));
  EXPECT_EQ(nat.session_count(), 1U);
}

TEST(NatFlows, AFilterOpensForWhatTheInsideSentToOnly) {
  // The stranger's admitted packet must not vouch for the stranger's other ports.
  auto nat = nat_with({.mapping = endpoint_independent, .filtering = endpoint_independent});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  nat.inbound(udp, stranger, external, noon);
  nat.set_behaviour({.filtering = address_dependent});
  EXPECT_EQ(nat.inbound(udp, {.address = stranger.address, .port = 9}, external, noon), filtered);
  EXPECT_EQ(nat.inbound(udp, stranger, external, noon), to(laptop))
      << "a session that lives goes on";
  nat.outbound(udp, laptop, stranger, noon);
  EXPECT_EQ(nat.inbound(udp, {.address = stranger.address, .port = 9}, external, noon), to(laptop));
}

TEST(NatFlows, SetBehaviourKeepsTheTable) {
  auto nat = nat_with({});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound(udp, stranger, external, noon), filtered);
  nat.set_behaviour({.filtering = endpoint_independent});
  EXPECT_EQ(nat.inbound(udp, stranger, external, noon), to(laptop));
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), to(external));
}

TEST(NatFlows, ClearForgetsEverything) {
  auto nat = nat_with({.ports = PortAssignment::random});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  nat.clear();
  EXPECT_EQ(nat.size(), 0U);
  EXPECT_EQ(nat.session_count(), 0U);
  EXPECT_EQ(nat.inbound(udp, peer, external, noon), no_mapping);
  EXPECT_NE(nat.outbound(udp, laptop, peer, noon), to(external))
      << "a rebooted NAT that preserves nothing";
}

TEST(NatFlows, ATableMayBeMoved) {
  auto nat = nat_with({});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  Table moved = std::move(nat);
  EXPECT_EQ(moved.inbound(udp, peer, external, noon), to(laptop));
  for (std::uint16_t port = 1; port < 1000; ++port)
    moved.outbound(udp, {.address = phone.address, .port = port}, peer, noon);
  EXPECT_EQ(moved.outbound(udp, laptop, peer, noon), to(external));
}

TEST(NatFlows, IPv6EndpointsAreEndpoints) {
  Table nat({}, *Address::parse("2001:4860::1"), 1);
  const Endpoint inside{.address = *Address::parse("fd00::2"), .port = 500};
  const Endpoint remote{.address = *Address::parse("2001:4860::99"), .port = 500};
  const auto sent = nat.outbound(udp, inside, remote, noon);
  EXPECT_EQ(sent.endpoint, (Endpoint{*Address::parse("2001:4860::1"), 500}));
  EXPECT_EQ(nat.inbound(udp, remote, sent.endpoint, noon), to(inside));
}

} // namespace
} // namespace hermesh::nat
