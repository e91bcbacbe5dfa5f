// SPDX-License-Identifier: MIT
// ICMP errors: the table is asked about the packet that is embedded in them (RFC 5508 section 4).
#include "table_fixture.hh"

namespace hermesh::nat {
namespace {

using enum Dependence;

TEST(NatIcmpErrors, FromOutsideReachWhoSentThePacket) { // REQ-4
  auto nat = nat_with({.ports = PortAssignment::random});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound_error(udp, external, peer, noon), to(laptop));
}

TEST(NatIcmpErrors, AboutAPacketThatWasNeverSentAreRefused) { // REQ-4: drop silently
  auto nat = nat_with({.filtering = endpoint_independent});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound_error(udp, external, stranger, noon), no_mapping);
  EXPECT_EQ(nat.inbound_error(Protocol::tcp, external, peer, noon), no_mapping);
  EXPECT_EQ(nat.inbound_error(udp, {.address = wan, .port = 9}, peer, noon), no_mapping);
}

TEST(NatIcmpErrors, NeverEndAMapping) { // RFC 4787 REQ-12, RFC 5382 REQ-9
  auto nat = nat_with({});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  for (int i = 0; i < 5; ++i)
    nat.inbound_error(udp, external, peer, noon);
  EXPECT_EQ(nat.inbound(udp, peer, external, noon), to(laptop));
}

TEST(NatIcmpErrors, FromInsideCarryTheExternalEndpoint) { // REQ-5
  auto nat = nat_with({.mapping = address_and_port_dependent, .ports = PortAssignment::random});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.outbound_error(udp, laptop, peer, noon), to(external));
  EXPECT_EQ(nat.outbound_error(udp, laptop, stranger, noon), no_mapping);
  EXPECT_EQ(nat.size(), 1U);
}

TEST(NatIcmpErrors, FromInsideAboutAStrangerThatAStrictTableLetIn) {
  auto nat = nat_with({.filtering = endpoint_independent, .flows = FlowRule::strict});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  ASSERT_EQ(nat.inbound(udp, stranger, external, noon), to(laptop));
  EXPECT_EQ(nat.outbound_error(udp, laptop, stranger, noon), to(external));
  EXPECT_EQ(nat.session_count(), 1U);
}

TEST(NatIcmpQueries, AreToldApartByIdentifier) { // RFC 5508 section 3
  auto nat = nat_with({});
  const Endpoint one{.address = laptop.address, .port = 77};
  const Endpoint two{.address = phone.address, .port = 77};
  const Endpoint target{.address = peer.address};
  const auto external_one = nat.outbound(Protocol::icmp, one, target, noon).endpoint;
  const auto external_two = nat.outbound(Protocol::icmp, two, target, noon).endpoint;
  EXPECT_EQ(external_one.port, 77);
  EXPECT_NE(external_two.port, 77);
  EXPECT_EQ(nat.inbound(Protocol::icmp, target, external_one, noon), to(one));
  EXPECT_EQ(nat.inbound(Protocol::icmp, target, external_two, noon), to(two));
}

TEST(NatIcmpQueries, TheRemoteHasNoPort) {
  auto nat = nat_with({});
  const Endpoint ping{.address = laptop.address, .port = 77};
  const auto external =
      nat.outbound(Protocol::icmp, ping, {.address = peer.address, .port = 77}, noon).endpoint;
  EXPECT_EQ(nat.inbound(Protocol::icmp, {.address = peer.address, .port = 1}, external, noon),
            to(ping));
}

} // namespace
} // namespace hermesh::nat
