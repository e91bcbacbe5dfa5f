// SPDX-License-Identifier: MIT
#include "table_fixture.hh"

#include <tuple>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;
using enum Dependence;

constexpr Timers timers{.udp_unreplied = 30s,
                        .udp_stream = 120s,
                        .tcp_transitory = 240s,
                        .tcp_established = 7440s,
                        .icmp = 60s};

Table nat_timed(FlowRule flows = FlowRule::reuse,
                Dependence filtering = address_and_port_dependent) {
  return nat_with({.filtering = filtering, .flows = flows, .timers = timers});
}

class NatTimers : public ::testing::Test {
protected:
  Table nat_ = nat_timed();
  Endpoint external_ = nat_.outbound(udp, laptop, peer, noon).endpoint;

  bool open_at(Time when) { return nat_.inbound_error(udp, external_, peer, when) == to(laptop); }
};

TEST_F(NatTimers, AnUnansweredSessionClosesAfterTheShorterTimer) {
  EXPECT_TRUE(open_at(noon + 30s));
  EXPECT_FALSE(open_at(noon + 30s + 20ms));
  EXPECT_EQ(nat_.size(), 0U);
}

TEST_F(NatTimers, OneRequestAndItsReplyAreNotYetAStream) {
  nat_.inbound(udp, peer, external_, noon + 1s);
  EXPECT_TRUE(open_at(noon + 31s));
  EXPECT_FALSE(open_at(noon + 32s));
}

TEST_F(NatTimers, AnExchangeThatGoesOnIsAStream) {
  nat_.inbound(udp, peer, external_, noon + 1s);
  nat_.outbound(udp, laptop, peer, noon + 2s);
  EXPECT_TRUE(open_at(noon + 122s));
  EXPECT_FALSE(open_at(noon + 123s));
}

TEST_F(NatTimers, OutboundRefreshes) { // RFC 4787 REQ-6
  for (Duration t = 0s; t < 300s; t += 25s)
    nat_.outbound(udp, laptop, peer, noon + t);
  EXPECT_EQ(nat_.outbound(udp, laptop, peer, noon + 300s), to(external_));
}

TEST_F(NatTimers, InboundRefreshes) {
  for (Duration t = 0s; t < 300s; t += 25s)
    EXPECT_EQ(nat_.inbound(udp, peer, external_, noon + t), to(laptop));
}

class NatRefresh : public ::testing::TestWithParam<std::tuple<Refresh, FlowRule>> {};

TEST_P(NatRefresh, InboundKeepsASessionAliveOrDoesNot) { // RFC 4787 REQ-6
  const auto [refresh, flows] = GetParam();
  auto nat = nat_with({.flows = flows, .refresh = refresh, .timers = timers});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound(udp, peer, external, noon + 29s), to(laptop));
  EXPECT_EQ(nat.inbound(udp, peer, external, noon + 31s),
            refresh == Refresh::both ? to(laptop) : no_mapping);
}

TEST_P(NatRefresh, OutboundAlwaysDoes) {
  const auto [refresh, flows] = GetParam();
  auto nat = nat_with({.flows = flows, .refresh = refresh, .timers = timers});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  for (Duration t = 0s; t < 300s; t += 25s)
    nat.outbound(udp, laptop, peer, noon + t);
  EXPECT_EQ(nat.inbound(udp, peer, external, noon + 300s), to(laptop));
}

INSTANTIATE_TEST_SUITE_P(Both,
                         NatRefresh,
                         ::testing::Combine(::testing::Values(Refresh::both,
                                                              Refresh::outbound_only),
                                            ::testing::Values(FlowRule::reuse, FlowRule::strict)));

TEST(NatLifetime, EndsAMappingWhateverTraffic) {
  auto nat = nat_with({.timers = timers, .absolute_lifetime = 60s});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  nat.outbound(udp, laptop, stranger, noon + 30s);
  for (Duration t = 5s; t <= 60s; t += 5s) {
    EXPECT_EQ(nat.outbound(udp, laptop, peer, noon + t), to(external));
    EXPECT_EQ(nat.inbound(udp, peer, external, noon + t), to(laptop));
  }
  EXPECT_EQ(nat.inbound(udp, peer, external, noon + 61s), no_mapping);
  EXPECT_EQ(nat.inbound(udp, stranger, external, noon + 61s), no_mapping)
      << "a later session ends with it";
  EXPECT_EQ(nat.size(), 0U);
}

TEST(NatLifetime, MovesARandomPort) { // what iroh#4424 saw of a carrier
  auto nat = nat_with({.ports = PortAssignment::random, .absolute_lifetime = 60s});
  const auto first = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon + 59s), to(first));
  const auto second = nat.outbound(udp, laptop, peer, noon + 61s).endpoint;
  EXPECT_NE(second, first);
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon + 119s), to(second));
}

TEST(NatLifetime, AnIdleTimerMayComeFirst) {
  auto nat = nat_with({.timers = timers, .absolute_lifetime = 60s});
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound(udp, peer, external, noon + 31s), no_mapping);
}

TEST(NatLifetime, AppliesAtOnceToWhatIsThere) {
  auto nat = nat_with({.timers = timers});
  const auto external = nat.outbound(Protocol::tcp, laptop, peer, noon, tcp::syn).endpoint;
  nat.set_behaviour({.timers = timers, .absolute_lifetime = 60s});
  EXPECT_TRUE(nat.inbound(Protocol::tcp, peer, external, noon + 60s, tcp::syn | tcp::ack));
  EXPECT_EQ(nat.inbound(Protocol::tcp, peer, external, noon + 61s, tcp::ack), no_mapping);
}

TEST_F(NatTimers, TheFilterOfOneRemoteClosesWhileTheMappingLives) {
  nat_.outbound(udp, laptop, stranger, noon + 20s);
  EXPECT_EQ(nat_.inbound(udp, peer, external_, noon + 35s), filtered);
  EXPECT_EQ(nat_.inbound(udp, stranger, external_, noon + 35s), to(laptop));
}

TEST(NatTimersByAddress, AnAddressIsForgottenWithItsLastSession) {
  auto nat = nat_timed(FlowRule::strict, address_dependent);
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  nat.outbound(udp, laptop, peer_other_port, noon + 10s);
  nat.outbound(udp, laptop, stranger, noon + 30s);
  const Endpoint third{.address = peer.address, .port = 7};
  EXPECT_EQ(nat.inbound(udp, third, external, noon + 39s), to(laptop));
  EXPECT_EQ(nat.inbound(udp, third, external, noon + 41s), filtered);
}

TEST_F(NatTimers, ErrorsRefreshNothing) { // RFC 4787 REQ-12, RFC 5508 REQ-4
  EXPECT_TRUE(open_at(noon + 29s));
  EXPECT_FALSE(open_at(noon + 31s));
}

TEST_F(NatTimers, AgeIsIdleTimeInAnInstant) {
  nat_.age(29s);
  EXPECT_TRUE(open_at(noon + 1s));
  nat_.age(1s);
  EXPECT_FALSE(open_at(noon + 1s));
  const auto fresh = nat_.outbound(udp, laptop, peer, noon + 1s).endpoint;
  EXPECT_EQ(nat_.inbound(udp, peer, fresh, noon + 30s), to(laptop))
      << "what comes later has not aged";
}

TEST_F(NatTimers, ClearUndoesAge) { // certification leaves no time behind
  nat_.age(1000h);
  EXPECT_FALSE(open_at(noon + 1s));
  nat_.clear();
  const auto fresh = nat_.outbound(udp, laptop, peer, noon + 2s).endpoint;
  EXPECT_EQ(nat_.inbound(udp, peer, fresh, noon + 30s), to(laptop));
  EXPECT_NE(nat_.inbound(udp, peer, fresh, noon + 90s), to(laptop));
}

TEST_F(NatTimers, ShorterTimersApplyAtOnce) {
  nat_.set_behaviour({.timers = {.udp_unreplied = 5s}});
  EXPECT_TRUE(open_at(noon + 5s));
  EXPECT_FALSE(open_at(noon + 6s));
}

TEST_F(NatTimers, LongerTimersApplyAtOnce) {
  nat_.set_behaviour({.timers = {.udp_unreplied = 500s}});
  EXPECT_TRUE(open_at(noon + 500s));
  EXPECT_FALSE(open_at(noon + 501s));
}

TEST(NatTimersByProtocol, QueriesHaveTheirOwn) { // RFC 5508 REQ-2: an ICMP query session, 60 s
  auto nat = nat_timed();
  const Endpoint ping{.address = laptop.address, .port = 7};
  const auto sent = nat.outbound(Protocol::icmp, ping, peer, noon);
  EXPECT_EQ(nat.inbound(Protocol::icmp, {.address = peer.address}, sent.endpoint, noon + 59s),
            to(ping));
  EXPECT_EQ(nat.inbound(Protocol::icmp, {.address = peer.address}, sent.endpoint, noon + 120s),
            no_mapping);
}

class NatTcp : public ::testing::Test {
protected:
  Table nat_ = nat_timed();
  Endpoint external_ = nat_.outbound(Protocol::tcp, laptop, peer, noon, tcp::syn).endpoint;

  Translation in(Time when, TcpFlags flags) {
    return nat_.inbound(Protocol::tcp, peer, external_, when, flags);
  }
  Translation out(Time when, TcpFlags flags) {
    return nat_.outbound(Protocol::tcp, laptop, peer, when, flags);
  }
  bool open_at(Time when) {
    return nat_.inbound_error(Protocol::tcp, external_, peer, when) == to(laptop);
  }
  void shake_hands() {
    EXPECT_TRUE(in(noon, tcp::syn | tcp::ack));
    EXPECT_TRUE(out(noon, tcp::ack));
  }
};

TEST_F(NatTcp, AHalfOpenConnectionIsTransitory) { // RFC 5382 REQ-5
  in(noon, tcp::syn | tcp::ack);
  EXPECT_TRUE(open_at(noon + 240s));
  EXPECT_FALSE(open_at(noon + 241s));
}

TEST_F(NatTcp, AnEstablishedOneLivesTwoHoursAndFourMinutes) { // RFC 5382 REQ-5
  shake_hands();
  EXPECT_TRUE(open_at(noon + 7440s));
  EXPECT_FALSE(open_at(noon + 7441s));
}

TEST_F(NatTcp, SimultaneousOpenWorks) { // RFC 5382 REQ-2
  EXPECT_EQ(in(noon, tcp::syn), to(laptop));
  out(noon, tcp::syn | tcp::ack);
  in(noon, tcp::ack);
  EXPECT_TRUE(open_at(noon + 7440s));
}

TEST_F(NatTcp, SimultaneousOpenWorksWhicheverSynComesFirst) { // RFC 5382 REQ-2, REQ-4
  const Endpoint inside{.address = laptop.address, .port = 50000};
  const Endpoint external{.address = wan, .port = 50000};
  EXPECT_EQ(nat_.inbound(Protocol::tcp, peer, external, noon, tcp::syn), no_mapping) << "silently";
  EXPECT_EQ(nat_.outbound(Protocol::tcp, inside, peer, noon, tcp::syn), to(external));
  EXPECT_EQ(nat_.inbound(Protocol::tcp, peer, external, noon + 1s, tcp::syn), to(inside))
      << "again";
  nat_.outbound(Protocol::tcp, inside, peer, noon + 1s, tcp::syn | tcp::ack);
  nat_.inbound(Protocol::tcp, peer, external, noon + 1s, tcp::syn | tcp::ack);
  nat_.outbound(Protocol::tcp, inside, peer, noon + 1s, tcp::ack);
  EXPECT_EQ(nat_.inbound_error(Protocol::tcp, external, peer, noon + 7441s), to(inside));
  EXPECT_EQ(nat_.inbound_error(Protocol::tcp, external, peer, noon + 7442s), no_mapping);
}

TEST_F(NatTcp, CrossedSynsAreTransitoryUntilOneIsAcknowledged) {
  EXPECT_EQ(in(noon, tcp::syn), to(laptop));
  EXPECT_TRUE(open_at(noon + 240s));
  EXPECT_FALSE(open_at(noon + 241s));
}

TEST_F(NatTcp, AnUnsolicitedSynIsRefusedAndLeavesNothing) { // RFC 5382 REQ-4
  EXPECT_EQ(nat_.inbound(Protocol::tcp, stranger, external_, noon, tcp::syn), filtered);
  EXPECT_EQ(nat_.session_count(), 1U);
  EXPECT_EQ(nat_.outbound(Protocol::tcp, laptop, stranger, noon, tcp::syn), to(external_));
  EXPECT_EQ(nat_.inbound(Protocol::tcp, stranger, external_, noon, tcp::syn), to(laptop));
}

TEST_F(NatTcp, AfterBothFinsItIsTransitory) {
  shake_hands();
  in(noon + 10s, tcp::fin | tcp::ack);
  EXPECT_TRUE(open_at(noon + 1000s)) << "half closed is not closing: data may flow for long";
  out(noon + 1000s, tcp::fin | tcp::ack);
  in(noon + 1000s, tcp::ack);
  EXPECT_TRUE(open_at(noon + 1240s));
  EXPECT_FALSE(open_at(noon + 1241s));
}

TEST_F(NatTcp, AResetKeepsTheStateForTheTransitoryTimeAndIsNoActivity) { // RFC 7857 section 2.2
  shake_hands();
  in(noon + 100s, tcp::rst);
  in(noon + 200s, tcp::rst); // only the first counts
  EXPECT_TRUE(open_at(noon + 340s));
  EXPECT_FALSE(open_at(noon + 341s));
}

TEST_F(NatTcp, AResetEndsNoIdleConnectionAtOnce) {
  shake_hands();
  in(noon + 1000s, tcp::rst);
  EXPECT_TRUE(open_at(noon + 1240s));
  EXPECT_FALSE(open_at(noon + 1241s));
}

TEST_F(NatTcp, AForgedResetIsUndoneByTheNextSegment) { // RFC 6146 section 3.5.2.2
  shake_hands();
  in(noon + 1s, tcp::rst);
  out(noon + 2s, tcp::ack);
  EXPECT_TRUE(open_at(noon + 5000s));
}

TEST_F(NatTcp, AClosedPairOfPortsMayBeUsedAgain) {
  shake_hands();
  in(noon, tcp::fin | tcp::ack);
  out(noon, tcp::fin | tcp::ack);
  EXPECT_EQ(out(noon + 1s, tcp::syn), to(external_));
  in(noon + 1s, tcp::syn | tcp::ack);
  out(noon + 1s, tcp::ack);
  EXPECT_TRUE(open_at(noon + 7000s));
}

TEST_F(NatTcp, AConnectionThatOutlivedTheTableIsPickedUp) { // after a reboot of the NAT
  nat_.clear();
  external_ = out(noon + 1s, tcp::ack).endpoint;
  in(noon + 1s, tcp::ack);
  EXPECT_TRUE(open_at(noon + 7000s));
}

} // namespace
} // namespace hermesh::nat
