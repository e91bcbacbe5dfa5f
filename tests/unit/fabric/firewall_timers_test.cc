// SPDX-License-Identifier: MIT
// How long a firewall lets answers in: the same for both families.
#include "firewalls.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"

#include <gtest/gtest.h>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;
namespace tcp = wire::tcp_flag;

const nat::Behaviour timed{.translating = nat::Translating::none,
                           .timers = {.udp_unreplied = 30s,
                                      .udp_stream = 120s,
                                      .tcp_transitory = 240s,
                                      .tcp_established = 7440s,
                                      .icmp = 60s}};

class FirewallTimers : public ::testing::TestWithParam<Family> {
protected:
  Endpoint a = GetParam().a, r = GetParam().r;
  Offices world{timed};

  bool out() {
    world.udp("a", a.port, r, "out");
    return world.take("r").size() == 1;
  }
  bool in() {
    world.udp("r", r.port, a, "in");
    return world.take("a").size() == 1;
  }
  bool tcp_out(std::uint8_t flags) {
    world.tcp("a", a.port, r, flags);
    return world.take("r").size() == 1;
  }
  bool tcp_in(std::uint8_t flags) {
    world.tcp("r", r.port, a, flags);
    return world.take("a").size() == 1;
  }
  void connect() {
    EXPECT_TRUE(tcp_out(tcp::syn));
    EXPECT_TRUE(tcp_in(tcp::syn | tcp::ack));
    EXPECT_TRUE(tcp_out(tcp::ack));
  }
  void age(Duration by) { world.fabric().age("fw-a", by); }
};

INSTANTIATE_TEST_SUITE_P(Fabric,
                         FirewallTimers,
                         ::testing::ValuesIn(families()),
                         [](const auto& one) { return one.param.name; });

TEST_P(FirewallTimers, AnUnansweredFlowEndsAfterTheShorterOne) {
  EXPECT_TRUE(out());
  age(29s);
  EXPECT_TRUE(in());
  age(31s);
  EXPECT_FALSE(in());
}

TEST_P(FirewallTimers, OneRequestAndItsReplyAreNotYetAStream) {
  EXPECT_TRUE(out());
  EXPECT_TRUE(in());
  age(31s);
  EXPECT_FALSE(in());
}

TEST_P(FirewallTimers, AnExchangeThatGoesOnIsAStream) {
  EXPECT_TRUE(out());
  EXPECT_TRUE(in());
  EXPECT_TRUE(out());
  age(119s);
  EXPECT_TRUE(in());
  age(121s);
  EXPECT_FALSE(in());
}

TEST_P(FirewallTimers, AHalfOpenConnectionIsTransitory) { // RFC 5382 REQ-5, RFC 6092 REC-35
  EXPECT_TRUE(tcp_out(tcp::syn));
  EXPECT_TRUE(tcp_in(tcp::syn | tcp::ack));
  age(241s);
  EXPECT_FALSE(tcp_in(tcp::syn | tcp::ack));
}

TEST_P(FirewallTimers, AnEstablishedOneLivesTwoHoursAndFourMinutes) {
  connect();
  age(7439s);
  EXPECT_TRUE(tcp_in(tcp::ack));
  age(7441s);
  EXPECT_FALSE(tcp_in(tcp::ack));
}

TEST_P(FirewallTimers, AfterBothFinsItIsTransitory) {
  connect();
  EXPECT_TRUE(tcp_in(tcp::fin | tcp::ack));
  EXPECT_TRUE(tcp_out(tcp::fin | tcp::ack));
  age(239s);
  EXPECT_TRUE(tcp_in(tcp::ack));
  age(241s);
  EXPECT_FALSE(tcp_in(tcp::ack));
}

TEST_P(FirewallTimers, AfterAResetItIsTransitory) {
  connect();
  EXPECT_TRUE(tcp_in(tcp::rst));
  age(241s);
  EXPECT_FALSE(tcp_in(tcp::ack));
}

TEST_P(FirewallTimers, AQueryHasItsOwn) {
  const auto ping = wire::make_echo_frame(world.addresses("a", 77, r), false, 1);
  const auto answer = wire::make_echo_frame(world.addresses("r", 77, a), true, 1);
  world.send("a", ping);
  world.send("r", answer);
  EXPECT_EQ(world.take("a").size(), 1U);
  age(61s);
  world.send("r", answer);
  EXPECT_TRUE(world.take("a").empty());
}

TEST_P(FirewallTimers, AFullTableTakesNothingNewAndNothingThatHasEnded) {
  EXPECT_TRUE(out());
  world.udp("a", 7000, r, "another");
  world.take("r");
  age(20s);
  EXPECT_TRUE(out());
  world.fabric().fill("fw-a", true);
  age(20s);
  EXPECT_TRUE(out()) << "what lives goes on";
  world.udp("a", 7000, r, "another");
  EXPECT_TRUE(world.take("r").empty()) << "what has ended needs an entry again";
  world.udp("a", 7001, r, "a new one");
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_EQ(world.dropped("fw-a", DropReason::nat_ports_exhausted), 2U);
  world.fabric().fill("fw-a", false);
  world.udp("a", 7000, r, "another");
  EXPECT_EQ(world.take("r").size(), 1U);
}

} // namespace
} // namespace hermesh::testing
