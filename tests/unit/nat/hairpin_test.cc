// SPDX-License-Identifier: MIT
// Packets from inside to an external endpoint of the same gateway (RFC 4787 section 6).
#include "table_fixture.hh"

namespace hermesh::nat {

inline void PrintTo(const Hairpinned& h, std::ostream* out) {
  if (h)
    *out << to_string(h.source) << " to " << to_string(h.destination);
  else
    *out << to_string(h.refusal);
}

namespace {

using namespace std::chrono_literals;
using enum Dependence;

constexpr Hairpinned turned_away{.refusal = Refusal::filtered};
constexpr Hairpinned to_nobody{.refusal = Refusal::no_mapping};

class NatHairpin : public ::testing::Test {
protected:
  void build(Behaviour behaviour, Hairpin hairpin) {
    behaviour.hairpin = hairpin;
    nat_.set_behaviour(behaviour);
    laptops_ = nat_.outbound(udp, laptop, peer, noon).endpoint;
    phones_ = nat_.outbound(udp, phone, peer, noon).endpoint;
  }
  Hairpinned turn(const Endpoint& inside, const Endpoint& external, Time when = noon) {
    return nat_.hairpin(udp, inside, external, when);
  }

  Table nat_ = nat_with({});
  Endpoint laptops_, phones_; ///< external endpoints, as a server has seen them
};

TEST_F(NatHairpin, OffRefusesAndLeavesNothing) {
  build({.filtering = endpoint_independent}, Hairpin::off);
  EXPECT_EQ(turn(laptop, phones_), turned_away);
  EXPECT_EQ(nat_.session_count(), 2U);
}

TEST_F(NatHairpin, TheTargetSeesTheSendersExternalEndpoint) { // REQ-9a
  build({.filtering = endpoint_independent}, Hairpin::external_source);
  EXPECT_EQ(turn(laptop, phones_), (Hairpinned{.source = laptops_, .destination = phone}));
  EXPECT_EQ(turn(phone, laptops_), (Hairpinned{.source = phones_, .destination = laptop}));
}

TEST_F(NatHairpin, OrItsInsideOne) {
  build({.filtering = endpoint_independent}, Hairpin::internal_source);
  EXPECT_EQ(turn(laptop, phones_), (Hairpinned{.source = laptop, .destination = phone}));
}

TEST_F(NatHairpin, APortFilterOpensForWhomTheTargetSentTo) {
  build({.filtering = address_and_port_dependent}, Hairpin::external_source);
  EXPECT_EQ(turn(laptop, phones_), turned_away);
  EXPECT_EQ(turn(phone, laptops_), (Hairpinned{.source = phones_, .destination = laptop}))
      << "the laptop's refused packet opened its own side";
  EXPECT_EQ(turn(laptop, phones_), (Hairpinned{.source = laptops_, .destination = phone}));
}

TEST_F(NatHairpin, AnAddressFilterKnowsTheGatewaysOwnAddress) {
  build({.filtering = address_dependent}, Hairpin::external_source);
  EXPECT_EQ(turn(laptop, phones_), turned_away);
  nat_.hairpin(udp, phone, {.address = wan, .port = 9}, noon);
  EXPECT_EQ(turn(laptop, phones_), turned_away) << "nobody has that port: nothing was sent";
  nat_.hairpin(udp, phone, phones_, noon);
  EXPECT_EQ(turn(laptop, phones_), (Hairpinned{.source = laptops_, .destination = phone}));
}

TEST_F(NatHairpin, ASymmetricSenderComesFromAPortForThatTarget) { // nat.md section 3
  build({.mapping = address_and_port_dependent, .filtering = endpoint_independent},
        Hairpin::external_source);
  const auto turned = turn(laptop, phones_);
  ASSERT_TRUE(turned);
  EXPECT_NE(turned.source, laptops_);
  EXPECT_EQ(turned.source.address, wan);
  EXPECT_EQ(turn(phone, turned.source), (Hairpinned{.source = phones_, .destination = laptop}))
      << "reuse: the answer leaves from the port that was asked";
}

TEST_F(NatHairpin, AnExternalEndpointOfNobodyIsRefused) {
  build({.filtering = endpoint_independent}, Hairpin::external_source);
  EXPECT_EQ(turn(laptop, {.address = wan, .port = 9}), to_nobody);
  EXPECT_EQ(turn(laptop, stranger), to_nobody) << "not this gateway's at all";
  EXPECT_EQ(nat_.session_count(), 2U);
}

TEST_F(NatHairpin, AHostReachesItself) {
  build({}, Hairpin::external_source);
  EXPECT_EQ(turn(laptop, laptops_), (Hairpinned{.source = laptops_, .destination = laptop}));
}

TEST_F(NatHairpin, RefreshesBothMappings) {
  build({.filtering = endpoint_independent}, Hairpin::external_source);
  for (Duration t = 0s; t <= 600s; t += 100s)
    EXPECT_TRUE(turn(laptop, phones_, noon + t));
  EXPECT_EQ(nat_.size(), 2U);
}

TEST_F(NatHairpin, TcpGoesTheSameWay) {
  build({.filtering = address_and_port_dependent}, Hairpin::external_source);
  const auto a = nat_.outbound(Protocol::tcp, laptop, peer, noon, tcp::syn).endpoint;
  const auto b = nat_.outbound(Protocol::tcp, phone, peer, noon, tcp::syn).endpoint;
  EXPECT_EQ(nat_.hairpin(Protocol::tcp, laptop, b, noon, tcp::syn), turned_away);
  EXPECT_EQ(nat_.hairpin(Protocol::tcp, phone, a, noon, tcp::syn),
            (Hairpinned{.source = b, .destination = laptop}));
}

TEST_F(NatHairpin, BetweenTwoAddressesOfAPool) {
  build({.filtering = endpoint_independent, .external_addresses = 2}, Hairpin::external_source);
  ASSERT_NE(laptops_.address, phones_.address);
  EXPECT_EQ(turn(laptop, phones_), (Hairpinned{.source = laptops_, .destination = phone}));
}

} // namespace
} // namespace hermesh::nat
