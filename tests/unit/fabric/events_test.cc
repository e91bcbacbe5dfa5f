// SPDX-License-Identifier: MIT
//
// What happens to networks: each event changes what it should, at once, and nothing else.
#include "wire/arp.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"
#include "world.hh"

#include <gtest/gtest.h>

#include <set>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

const Endpoint relay = at("80.100.0.100", 3478);

/// The source of the last packet that r got; nothing when none came.
std::optional<Endpoint> seen_by_r(World& world) {
  std::optional<Endpoint> seen;
  for (const auto& got : world.take("r"))
    seen = got.summary.source;
  return seen;
}

std::optional<Endpoint> send_a(World& world, std::uint16_t port = 5000) {
  world.udp("a", port, relay, "x");
  return seen_by_r(world);
}

/// A packet every 5 ms for as long as an event takes, as in the reference's measurement.
void talk(World& world, Duration length) {
  for (Time end = world.now + length; world.now < end;) {
    world.udp("a", 5000, relay, "x");
    world.pass(5ms);
  }
}

class EveryAssignment : public ::testing::TestWithParam<nat::PortAssignment> {};

TEST_P(EveryAssignment, TrafficDuringARebootNeverTeachesTheOldPort) {
  World world(double_nat({.ports = GetParam()}));
  talk(world, 50ms);
  const auto before = seen_by_r(world);
  ASSERT_TRUE(before);
  world.fabric().hold("gw-a", true);
  talk(world, 50ms);
  world.fabric().reboot("gw-a");
  talk(world, 50ms);
  EXPECT_FALSE(seen_by_r(world)) << "the outage let something out";
  EXPECT_GT(world.dropped("gw-a", DropReason::cut), 15U);
  world.fabric().hold("gw-a", false);
  talk(world, 50ms);
  std::set<Endpoint> after;
  for (const auto& got : world.take("r"))
    after.insert(got.summary.source);
  EXPECT_EQ(after.size(), 1U);
  EXPECT_FALSE(after.contains(*before));
}

INSTANTIATE_TEST_SUITE_P(All,
                         EveryAssignment,
                         ::testing::Values(nat::PortAssignment::preserve,
                                           nat::PortAssignment::preserve_then_random,
                                           nat::PortAssignment::random,
                                           nat::PortAssignment::sequential_up,
                                           nat::PortAssignment::sequential_down,
                                           nat::PortAssignment::block));

// The mutant: without the hold, and with nothing but forgotten flows, the old port is back with the
// next packet.
TEST(FabricEvents, FlushingWithoutHoldLearnsTheOldPortAgain) {
  World world(double_nat({.ports = nat::PortAssignment::preserve}));
  talk(world, 50ms);
  const auto before = seen_by_r(world);
  world.fabric().clear_state("gw-a");
  talk(world, 50ms);
  EXPECT_EQ(seen_by_r(world), before);
}

TEST(FabricEvents, WhatWasKnownBeforeARebootIsRefusedUntilTheInsideSpeaks) {
  World world(double_nat());
  const auto before = send_a(world);
  world.fabric().reboot("gw-a");
  world.udp("r", relay.port, *before, "late");
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_no_mapping), 1U);
}

/// What a gateway does of its own accord, and whether it is restarted while it is held.
struct Holding {
  const char* name;
  nat::PortMapping port_mapping{};
  bool reboots = false;
};

class AHeldGateway : public ::testing::TestWithParam<Holding> {};

TEST_P(AHeldGateway, IsSilentAndIsBackWhenReleased) {
  World world(double_nat({.port_mapping = GetParam().port_mapping}));
  send_a(world);
  world.fabric().hold("gw-a", true);
  if (GetParam().reboots) world.fabric().reboot("gw-a");
  world.send("a", wire::make_echo_frame(world.addresses("a", 7, at("192.168.1.1", 0)), false, 1));
  world.pass(300s); // router advertisements, neighbours' confirmations, announcements are due
  EXPECT_TRUE(world.take("a").empty());
  world.fabric().hold("gw-a", false);
  EXPECT_TRUE(send_a(world));
}

INSTANTIATE_TEST_SUITE_P(FabricEvents,
                         AHeldGateway,
                         ::testing::Values(Holding{"plain"},
                                           Holding{"announcing", {.nat_pmp = true, .pcp = true}},
                                           Holding{
                                               "rebooting", {.nat_pmp = true, .pcp = true}, true}),
                         [](const auto& one) { return one.param.name; });

TEST(FabricEvents, ARebindChangesOneHostOnly) {
  World world(double_nat());
  const auto a_before = send_a(world);
  world.udp("b", 5000, relay, "x");
  const auto b_before = seen_by_r(world);
  EXPECT_EQ(world.fabric().rebind("gw-a", ip("192.168.1.10")), 1U);
  EXPECT_NE(send_a(world), a_before);
  world.udp("b", 5000, relay, "x");
  EXPECT_EQ(seen_by_r(world), b_before);
  EXPECT_EQ(world.fabric().rebind("gw-a", ip("192.168.1.99")), 0U);
}

TEST(FabricEvents, AnotherAddressOutsideAndTheOldOneIsNobodys) {
  World world(double_nat());
  const auto before = send_a(world);
  world.fabric().change_address("gw-a", ip("80.100.0.77"));
  const auto after = send_a(world);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->address, ip("80.100.0.77"));
  auto ends = world.addresses("r", relay.port, *before); // the MAC stays the gateway's
  world.send("r", wire::make_udp_frame(ends, bytes_of("to the old one")));
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::not_for_gateway), 1U);
  ends.destination = *after;
  world.send("r", wire::make_udp_frame(ends, bytes_of("to the new one")));
  EXPECT_EQ(world.take("a").size(), 1U);
}

TEST(FabricEvents, OnlyTheNewAddressAnswersArp) {
  World world(double_nat());
  world.fabric().change_address("gw-a", ip("80.100.0.77"));
  const auto& card = world.card("r");
  const auto answered = [&](std::string_view address) {
    world.send("r", wire::make_arp_request(card.mac, *card.attachment.ipv4, ip(address)));
    const auto replies = std::ranges::count_if(world.taps, [&](const auto& tapped) {
      const auto arp =
          wire::parse_arp(wire::Bytes(tapped.frame).subspan(wire::ethernet_header_size));
      const auto ethernet = wire::parse_ethernet(tapped.frame);
      return ethernet->type == wire::ether_type::arp && arp && arp->sender == ip(address) &&
             arp->operation == wire::ArpPacket::Operation::reply;
    });
    return replies > 0;
  };
  EXPECT_FALSE(answered("80.100.0.1"));
  EXPECT_TRUE(answered("80.100.0.77"));
}

TEST(FabricEvents, AFullTableRefusesTheNextFlow) {
  World world(double_nat());
  const auto before = send_a(world);
  world.fabric().fill("gw-a", true);
  EXPECT_EQ(send_a(world), before);
  EXPECT_FALSE(send_a(world, 6000));
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_ports_exhausted), 1U);
  world.fabric().fill("gw-a", false);
  EXPECT_TRUE(send_a(world, 6000));
}

TEST(FabricEvents, ABlockOfUdpStopsWhatWasEstablishedBothWaysAndNothingElse) {
  World world(double_nat());
  const auto before = send_a(world);
  world.fabric().block_udp("gw-a", true);
  EXPECT_FALSE(send_a(world));
  world.udp("r", relay.port, *before, "x");
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::out_policy), 2U);
  world.tcp("a", 41000, at("80.100.0.100", 443), wire::tcp_flag::syn);
  EXPECT_TRUE(seen_by_r(world));
  world.fabric().block_udp("gw-a", false);
  EXPECT_EQ(send_a(world), before) << "the mapping aged, and lives";
}

TEST(FabricEvents, BlockedPacketsKeepNoMappingAlive) {
  World world(double_nat({.timers = {.udp_unreplied = 30s}}));
  const auto before = send_a(world);
  world.fabric().block_udp("gw-a", true);
  for (int i = 0; i < 6; ++i) {
    world.pass(10s);
    send_a(world);
  }
  world.fabric().block_udp("gw-a", false);
  world.udp("r", relay.port, *before, "x");
  EXPECT_TRUE(world.take("a").empty()) << "it was refreshed from behind the block";
}

TEST(FabricEvents, ALostCableLosesBothWaysAndComesBack) {
  World world(double_nat());
  send_a(world);
  const auto card = world.fabric().port("a.eth0");
  world.fabric().lose(card, true);
  EXPECT_FALSE(send_a(world));
  world.udp("r", relay.port, at("80.100.0.1", 5000), "x");
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("a.eth0", DropReason::cut), 2U);
  world.fabric().lose(card, false);
  EXPECT_TRUE(send_a(world));
}

TEST(FabricEvents, ALostSegmentLosesEverythingOnIt) {
  World world(double_nat());
  send_a(world);
  world.fabric().lose("internet", true);
  EXPECT_FALSE(send_a(world));
  EXPECT_EQ(world.dropped("gw-a", DropReason::cut), 1U);
  world.fabric().lose("internet", false);
  EXPECT_TRUE(send_a(world));
}

TEST(FabricEvents, ALinkTakesAnotherProfileInItsCourse) {
  World world(neighbours());
  world.udp("x", 1, at("10.0.0.2", 2), "fast");
  EXPECT_EQ(world.take("y").size(), 1U);
  const auto x = world.fabric().port("x.eth0");
  world.fabric().impair(x, {.delay = 50ms});
  world.udp("x", 1, at("10.0.0.2", 2), "slow");
  world.pass(49ms);
  EXPECT_TRUE(world.take("y").empty());
  world.fabric().impair(x, {.loss_percent = 100});
  world.udp("x", 1, at("10.0.0.2", 2), "lost");
  world.pass(1s);
  const auto got = world.take("y");
  ASSERT_EQ(got.size(), 1U) << "what was under way keeps its time";
  EXPECT_EQ(got[0].text(), "slow");
}

} // namespace
} // namespace hermesh::testing
