// SPDX-License-Identifier: MIT
// Where external ports come from (RFC 4787 section 4.2), and who may share them.
#include "table_fixture.hh"

#include <set>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;
using enum Dependence;

Endpoint host(std::uint32_t number, std::uint16_t port = 5000) {
  return {.address = Address::v4(0x0A000000 + number), .port = port};
}

std::uint16_t port_of(Table& nat, const Endpoint& inside, const Endpoint& remote = peer) {
  const auto sent = nat.outbound(udp, inside, remote, noon);
  EXPECT_TRUE(sent) << to_string(sent.refusal);
  return sent.endpoint.port;
}

/// The port `step` away, within 1024..65535.
std::uint16_t away(std::uint16_t port, int step) {
  const int next = port + step;
  return static_cast<std::uint16_t>(next < 1024 ? 65535 : next > 65535 ? 1024 : next);
}

class NatSequence : public ::testing::TestWithParam<int> {
protected:
  Behaviour behaviour_{.mapping = address_and_port_dependent,
                       .ports = GetParam() > 0 ? PortAssignment::sequential_up
                                               : PortAssignment::sequential_down};
};

TEST_P(NatSequence, EachMappingGetsTheNextPort) {
  auto nat = nat_with(behaviour_);
  std::uint16_t last = port_of(nat, laptop, peer);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const auto next = port_of(nat,
                              host(i / 3),
                              i % 3 == 0   ? peer
                              : i % 3 == 1 ? peer_other_port
                                           : stranger);
    ASSERT_EQ(next, away(last, GetParam())) << i;
    last = next;
  }
}

TEST_P(NatSequence, PassesOverWhatIsTakenAndBeginsAgainAtTheEnd) {
  auto nat = nat_with(behaviour_);
  std::set<std::uint16_t> ports;
  for (std::uint32_t i = 0; i < 64512; ++i)
    ports.insert(port_of(nat, host(i)));
  EXPECT_EQ(ports.size(), 64512U);
  EXPECT_EQ(*ports.begin(), 1024);
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), ports_exhausted);
}

TEST_P(NatSequence, AFreedPortIsNotTheNext) {
  auto nat = nat_with(behaviour_);
  const auto first = port_of(nat, laptop);
  EXPECT_EQ(nat.outbound(udp, phone, peer, noon + 1h).endpoint.port, away(first, GetParam()));
}

TEST_P(NatSequence, ARebootStartsSomewhereElse) {
  auto nat = nat_with(behaviour_);
  const auto first = port_of(nat, laptop);
  nat.clear();
  EXPECT_GT(std::abs(port_of(nat, laptop) - first), 1);
}

INSTANTIATE_TEST_SUITE_P(UpAndDown, NatSequence, ::testing::Values(1, -1), [](const auto& step) {
  return step.param > 0 ? "Up" : "Down";
});

TEST(NatBlocks, AHostHasABlockOfItsOwn) { // RFC 7422
  auto nat = nat_with({.ports = PortAssignment::block});
  std::set<int> blocks;
  for (std::uint32_t h = 0; h < 20; ++h) {
    std::set<int> of_host;
    for (std::uint16_t socket = 0; socket < 64; ++socket)
      of_host.insert((port_of(nat, host(h, 2000 + socket)) - 1024) / 64);
    ASSERT_EQ(of_host.size(), 1U);
    blocks.insert(*of_host.begin());
  }
  EXPECT_EQ(blocks.size(), 20U);
}

TEST(NatBlocks, ASpentOneRefusesItsHostAndNobodyElse) {
  auto nat = nat_with({.mapping = address_and_port_dependent,
                       .ports = PortAssignment::block,
                       .port_block_size = 4});
  std::set<std::uint16_t> ports;
  for (std::uint16_t remote = 1; remote <= 4; ++remote)
    ports.insert(port_of(nat, laptop, {.address = peer.address, .port = remote}));
  EXPECT_EQ(ports.size(), 4U);
  EXPECT_EQ(nat.outbound(udp, laptop, stranger, noon), ports_exhausted);
  EXPECT_TRUE(nat.outbound(Protocol::tcp, laptop, stranger, noon)) << "as many per protocol";
  EXPECT_TRUE(nat.outbound(udp, phone, stranger, noon));
  EXPECT_TRUE(nat.outbound(udp, laptop, stranger, noon + 300s)) << "expired ports come back";
}

TEST(NatBlocks, ComesBackTheSame) { // deterministic: RFC 7422 section 2
  auto nat = nat_with({.ports = PortAssignment::block});
  const auto block = (port_of(nat, laptop) - 1024) / 64;
  nat.clear();
  EXPECT_EQ((port_of(nat, laptop) - 1024) / 64, block);
}

TEST(NatBlocks, EndWithTheirHostsMappings) {
  auto nat = nat_with({.ports = PortAssignment::block, .port_block_size = 32256}); // two
  EXPECT_TRUE(nat.outbound(udp, host(1), peer, noon));
  EXPECT_TRUE(nat.outbound(udp, host(2), peer, noon + 60s));
  EXPECT_EQ(nat.outbound(udp, host(3), peer, noon + 60s), ports_exhausted);
  EXPECT_TRUE(nat.outbound(udp, host(3), peer, noon + 150s));
}

TEST(NatPreserveThenRandom, TheFirstKeepsItsPortTheOthersAreAnywhere) {
  auto nat = nat_with(
      {.mapping = address_and_port_dependent, .ports = PortAssignment::preserve_then_random});
  EXPECT_EQ(port_of(nat, laptop, peer), laptop.port);
  int odd = 0;
  for (std::uint16_t remote = 1; remote <= 200; ++remote)
    odd += port_of(nat, laptop, {.address = stranger.address, .port = remote}) % 2;
  EXPECT_NEAR(odd, 100, 40) << "parity is not kept";
  EXPECT_NE(port_of(nat, phone, peer), phone.port) << "another host has it";
}

// What plain Linux does (measured: reference nat.md, 2.3): host 1 holds its port to S1 and S2; host
// 2, same source port, to S3, S1, S2, S1's other port.
TEST(NatOverload, SharesAPortTowardsDifferentRemotes) {
  auto nat = nat_with({.overload_ports = true});
  const Endpoint third{.address = Address::v4(0x50640A03), .port = 3478};
  EXPECT_EQ(port_of(nat, laptop, peer), 41641);
  EXPECT_EQ(port_of(nat, laptop, stranger), 41641);
  EXPECT_EQ(port_of(nat, phone, third), 41641) << "shared";
  const auto other = port_of(nat, phone, peer);
  EXPECT_NE(other, 41641) << "the whole tuple is taken";
  EXPECT_EQ(port_of(nat, phone, stranger), other);
  EXPECT_EQ(port_of(nat, phone, peer_other_port), other);
}

TEST(NatOverload, WhatSharesAPortIsToldApartByRemote) {
  auto nat = nat_with({.overload_ports = true});
  const Endpoint shared{.address = wan, .port = 41641};
  nat.outbound(udp, laptop, peer, noon);
  nat.outbound(udp, phone, stranger, noon);
  EXPECT_EQ(nat.inbound(udp, peer, shared, noon), to(laptop));
  EXPECT_EQ(nat.inbound(udp, stranger, shared, noon), to(phone));
  EXPECT_EQ(nat.inbound(udp, peer_other_port, shared, noon), filtered);
}

TEST(NatOverload, ASharedPortIsFreeWhenTheLastHasLeft) {
  auto nat = nat_with({.overload_ports = true});
  const Endpoint shared{.address = wan, .port = 41641};
  nat.outbound(udp, laptop, peer, noon);
  nat.outbound(udp, phone, stranger, noon + 60s);
  EXPECT_EQ(nat.inbound(udp, stranger, shared, noon + 150s), to(phone)) << "the first has left";
  nat.set_behaviour({.filtering = endpoint_independent});
  EXPECT_EQ(nat.inbound(udp, peer, shared, noon + 150s), to(phone));
  EXPECT_NE(nat.outbound(udp, laptop, peer_other_port, noon + 150s), to(shared))
      << "not shared now";
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon + 3000s), to(shared));
}

TEST(NatLimits, OneHostHasSoManyMappings) { // RFC 6888 REQ-4
  auto nat = nat_with({.per_host_limit = 10});
  for (std::uint16_t socket = 1; socket <= 10; ++socket)
    port_of(nat, host(1, socket));
  EXPECT_EQ(nat.outbound(udp, host(1, 11), peer, noon), host_limit);
  EXPECT_EQ(nat.outbound(Protocol::tcp, host(1, 11), peer, noon), host_limit);
  EXPECT_EQ(nat.size(), 10U);
  EXPECT_TRUE(nat.outbound(udp, host(1, 1), stranger, noon)) << "a session is no mapping";
  EXPECT_TRUE(nat.outbound(udp, host(2, 11), peer, noon)) << "the others are not disturbed";
  EXPECT_TRUE(nat.outbound(udp, host(1, 11), peer, noon + 300s));
}

} // namespace
} // namespace hermesh::nat
