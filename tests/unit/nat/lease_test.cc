// SPDX-License-Identifier: MIT
// External endpoints that an inside host asked for (RFC 6886, RFC 6887).
#include "table_fixture.hh"

#include <gtest/gtest.h>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;
using enum Dependence;

constexpr PortMapping pcp{.pcp = true};
/// The kind of NAT behind which nothing gets in unasked.
constexpr Behaviour symmetric{.mapping = address_and_port_dependent,
                              .filtering = address_and_port_dependent,
                              .ports = PortAssignment::random,
                              .port_mapping = pcp};

Table::LeaseRequest
request_of(const Endpoint& inside, std::uint16_t port = 0, Duration lifetime = 1h) {
  return {.inside = inside, .suggested_port = port, .lifetime = lifetime};
}

/// A host with a lease of the port that it has inside.
struct Holder {
  explicit Holder(const Behaviour& behaviour) : table(nat_with(behaviour)) {
    external = table.lease(request_of(laptop, laptop.port), noon).endpoint;
  }
  Table table;
  Endpoint external;
};

TEST(Lease, IsOfTheSuggestedPortAndLetsStrangersIn) {
  Holder holder(symmetric);
  EXPECT_EQ(holder.external, (Endpoint{wan, laptop.port}));
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), to(laptop));
}

TEST(Lease, IsWhereTheHostsPacketsLeaveFrom) {
  Holder holder(symmetric);
  EXPECT_EQ(holder.table.outbound(udp, laptop, peer, noon), to(holder.external));
  EXPECT_EQ(holder.table.outbound(udp, laptop, stranger, noon), to(holder.external));
}

TEST(Lease, OfInboundOnlyLeavesThemOnAnOrdinaryMapping) {
  Behaviour behaviour = symmetric;
  behaviour.port_mapping.outbound = false;
  Holder holder(behaviour);
  const auto out = holder.table.outbound(udp, laptop, peer, noon);
  EXPECT_NE(out.endpoint.port, holder.external.port);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), to(laptop));
  EXPECT_EQ(holder.table.outbound(udp, laptop, stranger, noon), to(holder.external))
      << "the answer to what came in, with flow reuse";
}

TEST(Lease, OfInboundOnlyAndStrictAnswersFromAnotherPort) {
  Behaviour behaviour = symmetric;
  behaviour.port_mapping.outbound = false;
  behaviour.flows = FlowRule::strict;
  Holder holder(behaviour);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), to(laptop));
  EXPECT_NE(holder.table.outbound(udp, laptop, stranger, noon).endpoint.port, holder.external.port);
}

TEST(Lease, LeavesFlowsOnThePortThatTheyHad) {
  Table table = nat_with(symmetric);
  const auto before = table.outbound(udp, laptop, peer, noon);
  const auto external = table.lease(request_of(laptop, laptop.port), noon);
  EXPECT_NE(before, external);
  EXPECT_EQ(table.outbound(udp, laptop, peer, noon), before);
  EXPECT_EQ(table.outbound(udp, laptop, stranger, noon), external);
}

TEST(Lease, TakesOverTheMappingThatRemotesSeeAlready) {
  Table table = nat_with({.ports = PortAssignment::random, .port_mapping = pcp});
  const auto seen = table.outbound(udp, laptop, peer, noon);
  EXPECT_EQ(table.lease(request_of(laptop, 5000), noon), seen);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.inbound(udp, stranger, seen.endpoint, noon), to(laptop));
}

TEST(Lease, IsNobodyElses) {
  Holder holder(symmetric);
  const auto other = holder.table.lease(request_of(phone, laptop.port), noon);
  ASSERT_TRUE(other);
  EXPECT_NE(other.endpoint, holder.external);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), to(laptop));
  auto exactly = request_of({phone.address, 7}, laptop.port);
  exactly.exactly = true;
  EXPECT_EQ(holder.table.lease(exactly, noon), ports_exhausted);
  EXPECT_EQ(holder.table.lease_count(), 2U);
}

TEST(Lease, OfAnExactAddressIsOfThatOrNone) { // RFC 6887 section 13.2
  Table table = nat_with(symmetric);
  auto exactly = request_of(laptop, 6000);
  exactly.exactly = true;
  exactly.suggested_address = stranger.address;
  EXPECT_EQ(table.lease(exactly, noon), ports_exhausted);
  EXPECT_EQ(table.size(), 0U);
  exactly.suggested_address = wan;
  EXPECT_EQ(table.lease(exactly, noon), to({wan, 6000}));
  exactly.suggested_address = stranger.address;
  EXPECT_EQ(table.lease(exactly, noon), ports_exhausted) << "a renewal";
  exactly.exactly = false;
  EXPECT_EQ(table.lease(exactly, noon), to({wan, 6000})) << "no more than a suggestion";
}

TEST(Lease, IsNotShared) {
  Holder holder({.overload_ports = true, .port_mapping = pcp});
  const auto other = holder.table.outbound(udp, phone, peer, noon);
  EXPECT_NE(other.endpoint, holder.external) << "it wanted the same port";
  EXPECT_EQ(holder.table.inbound(udp, peer, holder.external, noon), to(laptop));
}

TEST(Lease, IsRenewedWithTheSamePort) {
  Holder holder(symmetric);
  EXPECT_EQ(holder.table.lease(request_of(laptop, 999, 2h), noon + 50min), to(holder.external));
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon + 70min), to(laptop));
  EXPECT_EQ(holder.table.lease_count(), 1U);
}

TEST(Lease, EndsWithItsTimeWithoutTraffic) {
  Holder holder(symmetric);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon + 1h - 1s), to(laptop));
  Table idle = nat_with(symmetric);
  idle.lease(request_of(laptop, 9), noon);
  idle.expire(noon + 1h - 10ms);
  EXPECT_EQ(idle.lease_count(), 1U);
  idle.expire(noon + 1h + 10ms);
  EXPECT_EQ(idle.size(), 0U);
  EXPECT_EQ(idle.lease_count(), 0U);
  EXPECT_EQ(idle.inbound(udp, stranger, {wan, 9}, noon + 2h), no_mapping);
}

TEST(Lease, EndsWithItsTimeForStrangersThoughItsFlowsGoOn) {
  Holder holder(symmetric);
  const Time late = noon + 1h - 1s;
  holder.table.outbound(udp, laptop, peer, late);
  EXPECT_EQ(holder.table.inbound(udp, peer, holder.external, noon + 1h + 1s), to(laptop));
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon + 1h + 1s), filtered);
  EXPECT_EQ(holder.table.inbound(udp, peer, holder.external, noon + 3h), no_mapping);
  EXPECT_EQ(holder.table.size(), 0U);
}

TEST(Lease, EndsWhenItIsEnded) {
  Holder holder(symmetric);
  holder.table.end_lease(udp, laptop, noon);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), no_mapping);
  EXPECT_EQ(holder.table.size(), 0U);
  holder.table.end_lease(udp, laptop, noon); // not there: nothing to do
}

TEST(Lease, OfARestartIsLostWhileFlowsGoOn) {
  Holder holder(symmetric);
  holder.table.outbound(udp, laptop, peer, noon);
  holder.table.lease(request_of(phone, 9), noon);
  holder.table.end_leases(noon);
  EXPECT_EQ(holder.table.lease_count(), 0U);
  EXPECT_EQ(holder.table.inbound(udp, peer, holder.external, noon), to(laptop));
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), filtered);
  EXPECT_EQ(holder.table.inbound(udp, stranger, {wan, 9}, noon), no_mapping);
}

TEST(Lease, OfARebootIsLost) {
  Holder holder(symmetric);
  holder.table.clear();
  EXPECT_EQ(holder.table.lease_count(), 0U);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), no_mapping);
}

TEST(Lease, OutlivesTheAbsoluteLifetimeOfMappings) {
  Behaviour behaviour = symmetric;
  behaviour.absolute_lifetime = 10min;
  Holder holder(behaviour);
  for (Time at = noon; at < noon + 55min; at += 1min)
    EXPECT_EQ(holder.table.outbound(udp, laptop, peer, at), to(holder.external));
  EXPECT_EQ(holder.table.inbound(udp, peer, holder.external, noon + 55min), to(laptop));
}

TEST(Lease, AgesWithTheTable) {
  Holder holder(symmetric);
  holder.table.age(1h + 1s);
  EXPECT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), no_mapping);
}

TEST(Lease, CountsAmongAHostsMappings) {
  Behaviour behaviour = symmetric;
  behaviour.per_host_limit = 2;
  Table table = nat_with(behaviour);
  EXPECT_TRUE(table.lease(request_of(laptop, 1), noon));
  EXPECT_TRUE(table.lease(request_of({laptop.address, 2}, 2), noon));
  EXPECT_EQ(table.lease(request_of({laptop.address, 3}, 3), noon), host_limit);
  EXPECT_EQ(table.outbound(udp, {laptop.address, 4}, peer, noon), host_limit);
  EXPECT_TRUE(table.lease(request_of(phone, 3), noon));
}

TEST(Lease, OfABlockIsOneOfTheHostsOwnPorts) {
  Behaviour behaviour = symmetric;
  behaviour.ports = PortAssignment::block;
  Table table = nat_with(behaviour);
  const auto first = table.outbound(udp, laptop, peer, noon).endpoint.port;
  const auto leased = table.lease(request_of(laptop, 1), noon).endpoint.port;
  EXPECT_EQ((first - 1024) / 64, (leased - 1024) / 64);
}

TEST(Lease, TableIsBounded) {
  Table table = nat_with(symmetric);
  const auto host = [](std::size_t i) {
    return Endpoint{Address::v4(0x0A000000U + static_cast<std::uint32_t>(i)), 5};
  };
  for (std::size_t i = 0; i < LeaseStore::most; ++i)
    ASSERT_TRUE(table.lease(request_of(host(i)), noon));
  EXPECT_EQ(table.lease(request_of(host(LeaseStore::most)), noon), table_full);
  EXPECT_TRUE(table.lease(request_of(host(0)), noon)) << "a renewal takes no room";
}

TEST(Lease, OfAHostAreFoundByProtocol) {
  Holder holder(symmetric);
  auto tcp = request_of({laptop.address, 22});
  tcp.protocol = Protocol::tcp;
  holder.table.lease(tcp, noon);
  holder.table.lease(request_of(phone), noon);
  EXPECT_EQ(holder.table.leases_of(laptop.address, udp, noon).size(), 1U);
  EXPECT_EQ(holder.table.leases_of(laptop.address, {}, noon).size(), 2U);
}

TEST(Lease, TranslatesErrorsAboutStrangersThatItLetIn) {
  Behaviour behaviour = symmetric;
  behaviour.flows = FlowRule::strict;
  Holder holder(behaviour);
  ASSERT_EQ(holder.table.inbound(udp, stranger, holder.external, noon), to(laptop));
  EXPECT_EQ(holder.table.outbound_error(udp, laptop, stranger, noon), to(holder.external));
}

// What the stranger wrote to is the lease's port, whatever the host's own packets leave by.
TEST(Lease, OfInboundOnlyTranslatesErrorsAboutStrangersThatItLetIn) { // RFC 5508 REQ-5
  for (const auto mapping : {endpoint_independent, address_and_port_dependent}) {
    Behaviour behaviour{.mapping = mapping, .flows = FlowRule::strict, .port_mapping = pcp};
    behaviour.port_mapping.outbound = false;
    Table table = nat_with(behaviour);
    const auto leased = table.lease(request_of(laptop, 6000), noon).endpoint;
    const auto own = table.outbound(udp, laptop, peer, noon).endpoint;
    ASSERT_NE(own, leased);
    ASSERT_EQ(table.inbound(udp, stranger, leased, noon), to(laptop));
    EXPECT_EQ(table.outbound_error(udp, laptop, stranger, noon), to(leased));
    EXPECT_EQ(table.outbound_error(udp, laptop, peer, noon), to(own));
  }
}

TEST(Lease, OfInboundOnlyLeavesErrorsToTheMappingThatAdmitsTheStranger) {
  Behaviour behaviour{
      .filtering = address_dependent, .flows = FlowRule::strict, .port_mapping = pcp};
  behaviour.port_mapping.outbound = false;
  Table table = nat_with(behaviour);
  const auto leased = table.lease(request_of(laptop, 6000), noon).endpoint;
  const auto own = table.outbound(udp, laptop, peer, noon).endpoint;
  ASSERT_EQ(table.inbound(udp, peer_other_port, own, noon), to(laptop));
  EXPECT_EQ(table.outbound_error(udp, laptop, peer_other_port, noon), to(own));
  EXPECT_EQ(table.outbound_error(udp, laptop, stranger, noon), to(leased));
}

} // namespace
} // namespace hermesh::nat
