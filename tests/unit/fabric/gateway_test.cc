// SPDX-License-Identifier: MIT
#include "wire/icmp.hh"
#include "wire/transport.hh"
#include "world.hh"

#include <gtest/gtest.h>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

/// Is every checksum of a delivered IPv4 frame right?
bool checksums_are_right(const World::Received& received) {
  const auto packet = wire::Bytes(received.frame).subspan(wire::ethernet_header_size);
  const auto parsed = wire::parse_ipv4(packet);
  return parsed &&
         wire::transport_checksum_ok(packet.subspan(parsed->header_size, parsed->data_size()),
                                     parsed->protocol,
                                     parsed->source,
                                     parsed->destination);
}

TEST(Gateway, UdpCrossesADoubleNatBothWays) {
  World world(double_nat());
  world.udp("b", 5000, at("80.100.0.100", 3478), "hello");
  auto at_r = world.take("r");
  ASSERT_EQ(at_r.size(), 1U);
  EXPECT_EQ(at_r[0].text(), "hello");
  EXPECT_EQ(at_r[0].summary.source.address, ip("80.100.0.2"));
  EXPECT_EQ(at_r[0].summary.source.port, 5000); // both gateways preserve
  EXPECT_TRUE(checksums_are_right(at_r[0]));

  world.udp("r", 3478, at_r[0].summary.source, "world");
  auto at_b = world.take("b");
  ASSERT_EQ(at_b.size(), 1U);
  EXPECT_EQ(at_b[0].text(), "world");
  EXPECT_EQ(at_b[0].summary.source, at("80.100.0.100", 3478));
  EXPECT_EQ(at_b[0].summary.destination, at("192.168.1.10", 5000));
  EXPECT_TRUE(checksums_are_right(at_b[0]));
  EXPECT_EQ(world.dropped_in_all(), 0U);
}

TEST(Gateway, TcpAndPingCrossADoubleNat) {
  World world(double_nat({.ports = nat::PortAssignment::random}));
  world.tcp("b", 41000, at("80.100.0.100", 443), wire::tcp_flag::syn);
  auto syn = world.take("r");
  ASSERT_EQ(syn.size(), 1U);
  EXPECT_TRUE(checksums_are_right(syn[0]));
  world.tcp("r", 443, syn[0].summary.source, wire::tcp_flag::syn | wire::tcp_flag::ack);
  auto answer = world.take("b");
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].summary.destination.port, 41000);
  EXPECT_TRUE(checksums_are_right(answer[0]));

  world.send("b", wire::make_echo_frame(world.addresses("b", 77, at("80.100.0.100", 0)), false, 1));
  auto request = world.take("r");
  ASSERT_EQ(request.size(), 1U);
  EXPECT_TRUE(checksums_are_right(request[0]));
  const auto id = request[0].summary.source.port;
  world.send("r", wire::make_echo_frame(world.addresses("r", id, at("80.100.0.2", 0)), true, 1));
  auto reply = world.take("b");
  ASSERT_EQ(reply.size(), 1U);
  EXPECT_EQ(reply[0].summary.source.port, 77);
  EXPECT_TRUE(checksums_are_right(reply[0]));
}

TEST(Gateway, UdpWithoutChecksumStaysWithout) {
  World world(double_nat());
  auto frame =
      wire::make_udp_frame(world.addresses("a", 5000, at("80.100.0.100", 9)), bytes_of("bare"));
  wire::store16(frame.data() + 14 + 20 + 6, 0);
  world.send("a", frame);
  auto got = world.take("r");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(wire::load16(got[0].frame.data() + 14 + 20 + 6), 0);
  EXPECT_EQ(got[0].text(), "bare");
}

TEST(Gateway, PunchingMakesADirectPath) {
  World world(double_nat());
  world.udp("a", 5000, at("80.100.0.2", 6000), "a1"); // dies at gw-c
  EXPECT_EQ(world.dropped("gw-c", DropReason::nat_no_mapping), 1U);
  world.udp("b", 6000, at("80.100.0.1", 5000), "b1");
  ASSERT_EQ(world.take("a").size(), 1U);
  world.udp("a", 5000, at("80.100.0.2", 6000), "a2");
  auto got = world.take("b");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].text(), "a2");
  EXPECT_EQ(got[0].summary.source, at("80.100.0.1", 5000));
}

TEST(Gateway, StrangersAreFilteredSilently) {
  World world(double_nat());
  world.udp("a", 5000, at("80.100.0.100", 1), "out");
  world.take("r");
  world.udp("r", 2, at("80.100.0.1", 5000), "wrong port");
  world.tcp("r", 2, at("80.100.0.1", 22), wire::tcp_flag::syn);
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_TRUE(world.take("r").empty()); // no ICMP, no RST
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_filtered), 1U);
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_no_mapping), 1U);
}

TEST(Gateway, UdpBlockedStopsUdpOnly) {
  World world(double_nat({.udp_out = nat::OutPolicy::none()}));
  world.udp("a", 5000, at("80.100.0.100", 1), "x");
  world.tcp("a", 5000, at("80.100.0.100", 443), wire::tcp_flag::syn);
  EXPECT_EQ(world.dropped("gw-a", DropReason::out_policy), 1U);
  EXPECT_EQ(world.take("r").size(), 1U);
  world.udp("r", 1, at("80.100.0.1", 5000), "x");
  EXPECT_EQ(world.dropped("gw-a", DropReason::out_policy), 2U);
}

TEST(Gateway, ExpiredTtlIsReportedFromBehindTwoNats) {
  World world(double_nat());
  auto addresses = world.addresses("b", 33434, at("80.100.0.100", 33434));
  addresses.hop_limit = 2;
  world.send("b", wire::make_udp_frame(addresses, bytes_of("trace")));
  EXPECT_EQ(world.dropped("gw-c", DropReason::ttl_expired), 1U);
  auto got = world.take("b");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(checksums_are_right(got[0]));
  EXPECT_EQ(got[0].summary.source.address, ip("10.64.0.1"));
  const auto icmp = wire::parse_icmp(got[0].summary.data);
  ASSERT_TRUE(icmp);
  EXPECT_EQ(icmp->type, wire::icmp_type::time_exceeded);
  const auto inner = wire::parse_embedded_ipv4(got[0].summary.data.subspan(8));
  ASSERT_TRUE(inner); // what B sent, as B sent it: gw-b translated it back
  EXPECT_EQ(inner->source, ip("192.168.1.10"));
  EXPECT_EQ(inner->destination, ip("80.100.0.100"));
  EXPECT_EQ(wire::load16(got[0].summary.data.data() + 8 + 20), 33434);
}

/// An ICMP port unreachable about `packet` (IPv4, from its header on), from `machine`.
std::vector<std::byte>
port_unreachable(const World& world, const std::string& machine, wire::Bytes packet) {
  const auto about = *wire::parse_ipv4(packet);
  auto frame = wire::make_echo_frame(
      world.addresses(machine, 0, {about.source, 0}), false, 0, packet.first(28));
  wire::write_icmp(wire::MutableBytes(frame).subspan(34),
                   {.type = wire::icmp_type::unreachable, .code = 3});
  return frame;
}

TEST(Gateway, IcmpErrorsAreTranslatedBothWays) {
  World world(double_nat({.ports = nat::PortAssignment::random}));
  world.udp("b", 5000, at("80.100.0.100", 9), "anybody?");
  auto at_r = world.take("r");
  ASSERT_EQ(at_r.size(), 1U);
  world.send("r", port_unreachable(world, "r", wire::Bytes(at_r[0].frame).subspan(14)));
  auto error = world.take("b");
  ASSERT_EQ(error.size(), 1U);
  EXPECT_TRUE(checksums_are_right(error[0]));
  EXPECT_EQ(error[0].summary.source.address, ip("80.100.0.100"));
  auto inner = wire::parse_embedded_ipv4(error[0].summary.data.subspan(8));
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->source, ip("192.168.1.10"));
  EXPECT_EQ(wire::load16(error[0].summary.data.data() + 28), 5000);

  // The mapping is alive, and B's own error goes out.
  world.udp("r", 9, at_r[0].summary.source, "late answer");
  auto at_b = world.take("b");
  ASSERT_EQ(at_b.size(), 1U);
  world.send("b", port_unreachable(world, "b", wire::Bytes(at_b[0].frame).subspan(14)));
  error = world.take("r");
  ASSERT_EQ(error.size(), 1U);
  EXPECT_TRUE(checksums_are_right(error[0]));
  EXPECT_EQ(error[0].summary.source.address, ip("80.100.0.2"));
  inner = wire::parse_embedded_ipv4(error[0].summary.data.subspan(8));
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->destination, ip("80.100.0.2"));
  EXPECT_EQ(wire::load16(error[0].summary.data.data() + 30), at_r[0].summary.source.port);
}

TEST(Gateway, AnswersPingToItsOwnAddresses) {
  World world(double_nat());
  for (const auto* own : {"192.168.1.1", "80.100.0.1"}) {
    world.send(
        "a",
        wire::make_echo_frame(world.addresses("a", 7, at(own, 0)), false, 3, bytes_of("payload")));
    auto got = world.take("a");
    ASSERT_EQ(got.size(), 1U) << own;
    EXPECT_EQ(got[0].summary.source.address, ip(own));
    EXPECT_TRUE(checksums_are_right(got[0]));
  }
  world.send("r", wire::make_echo_frame(world.addresses("r", 7, at("80.100.0.1", 0)), false, 3));
  EXPECT_EQ(world.take("r").size(), 1U);
}

TEST(Gateway, DoesNotHairpin) {
  World world(double_nat());
  world.udp("a", 5000, at("80.100.0.100", 9), "map");
  world.udp("a", 5001, at("80.100.0.1", 5000), "to myself");
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_filtered), 1U);
}

TEST(Gateway, NothingLeavesTheLab) {
  World world(double_nat());
  world.udp("b", 5000, at("8.8.8.8", 53), "dns");
  world.udp("b", 5000, at("172.16.5.5", 53), "private");
  world.udp("b", 5000, at("192.168.1.200", 53), "nobody"); // on the gateway's own segment
  EXPECT_EQ(world.dropped("gw-c", DropReason::outside_lab), 1U);
  EXPECT_EQ(world.dropped("gw-c", DropReason::no_route), 1U);
  world.pass(5s);
  EXPECT_EQ(world.dropped("gw-b", DropReason::neighbour_unresolved), 1U);
}

TEST(Gateway, AbsentNeighboursAreAskedThriceAndCounted) {
  World world(double_nat());
  for (int i = 0; i < 20; ++i)
    world.udp("a", 5000, at("80.100.0.77", 1), "x");
  world.pass(10s);
  EXPECT_EQ(world.dropped("gw-a", DropReason::neighbour_unresolved), 20U);
  std::size_t questions = 0;
  for (const auto& tap : world.taps)
    if (tap.port == "gw-a.outside" && wire::load16(tap.frame.data() + 12) == 0x0806) ++questions;
  EXPECT_EQ(questions, 3U);
}

TEST(Gateway, FramesWaitForASlowNeighbour) {
  World world(double_nat());
  world.answers_arp = false;
  world.udp("a", 5000, at("80.100.0.100", 1), "one");
  world.udp("a", 5000, at("80.100.0.100", 1), "two");
  EXPECT_TRUE(world.take("r").empty());
  world.answers_arp = true;
  world.pass(1s); // asked again
  auto got = world.take("r");
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].text(), "one");
  EXPECT_EQ(got[1].text(), "two");
}

TEST(Gateway, AnswersArpForItsOwnAddressOnly) {
  World world(double_nat());
  const auto ask = [&](std::string_view who) {
    world.taps.clear();
    world.send("a", wire::make_arp_request(world.card("a").mac, ip("192.168.1.10"), ip(who)));
    return world.taps.size() - 1; // the request itself is tapped too
  };
  EXPECT_EQ(ask("192.168.1.1"), 1U);
  EXPECT_EQ(ask("192.168.1.77"), 0U);
  EXPECT_EQ(ask("80.100.0.1"), 0U);
}

TEST(Gateway, ForgedSourcesAreNotTranslated) {
  World world(double_nat());
  auto addresses = world.addresses("a", 5000, at("80.100.0.100", 1));
  addresses.source.address = ip("8.8.4.4");
  world.send("a", wire::make_udp_frame(addresses, bytes_of("forged")));
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::no_route), 1U);
}

TEST(Gateway, OtherProtocolsAndBrokenPacketsHaveTheirReasons) {
  World world(double_nat());
  auto frame = wire::make_udp_frame(world.addresses("a", 1, at("80.100.0.100", 1)), bytes_of("x"));
  auto gre = frame;
  wire::store8(gre.data() + 14 + 9, 47);
  wire::write_ipv4(wire::MutableBytes(gre).subspan(14),
                   {.total_size = 29,
                    .protocol = 47,
                    .source = ip("192.168.1.10"),
                    .destination = ip("80.100.0.100")});
  world.send("a", gre);
  EXPECT_EQ(world.dropped("gw-a", DropReason::unsupported), 1U);
  auto broken = frame;
  broken[14 + 10] ^= std::byte{1}; // the header's checksum
  world.send("a", broken);
  auto length = frame;
  wire::store16(length.data() + 14 + 20 + 4, 400); // UDP says more than there is
  world.send("a", length);
  EXPECT_EQ(world.dropped("gw-a", DropReason::malformed), 2U);
  auto wrong_way = world.addresses("r", 1, at("80.100.0.1", 1));
  wrong_way.destination.address = ip("192.168.1.10");
  world.send("r", wire::make_udp_frame(wrong_way, bytes_of("x")));
  EXPECT_EQ(world.dropped("gw-a", DropReason::not_for_gateway), 1U);
}

TEST(Gateway, OpenLetsStrangersInAndAnswersFromThatPort) {
  World world(double_nat({.mapping = nat::Dependence::address_and_port_dependent,
                          .ports = nat::PortAssignment::random,
                          .flows = nat::FlowRule::strict,
                          .udp_out = nat::OutPolicy::none()}));
  world.udp("b", 5000, at("80.100.0.100", 9), "blocked");
  EXPECT_TRUE(world.take("r").empty());
  world.fabric().open("gw-b", true);
  world.fabric().open("gw-c", true);
  world.udp("r", 1234, at("80.100.0.2", 7777), "knock");
  auto got = world.take("b");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].summary.destination, at("192.168.1.10", 7777));
  world.udp("b", 7777, at("80.100.0.100", 1234), "who is there");
  auto answer = world.take("r");
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].summary.source, at("80.100.0.2", 7777));
  EXPECT_TRUE(checksums_are_right(answer[0]));
  world.fabric().open("gw-b", false);
  world.fabric().open("gw-c", false);
  world.udp("r", 1234, at("80.100.0.2", 7777), "knock");
  EXPECT_TRUE(world.take("b").empty());
}

// A workload without VPN measures the way to the machine, not to the gateway before it.
TEST(Gateway, OpenLetsThePingOfAStrangerThroughToTheHost) {
  World world(double_nat());
  const auto ping =
      wire::make_echo_frame(world.addresses("r", 77, {ip("80.100.0.2"), 0}), false, 1);
  world.send("r", ping);
  EXPECT_TRUE(world.take("b").empty());
  EXPECT_EQ(world.take("r").size(), 1U); // the gateway's own answer
  world.udp("b", 5000, at("80.100.0.100", 9), "here I am");
  world.take("r");
  world.fabric().open("gw-b", true);
  world.fabric().open("gw-c", true);
  world.send("r", ping);
  EXPECT_TRUE(world.take("r").empty());
  const auto asked = world.take("b");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].summary.destination.address, ip("192.168.1.10"));
  world.send("b",
             wire::make_echo_frame(world.addresses("b", 77, {ip("80.100.0.100"), 0}), true, 1));
  const auto answer = world.take("r");
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].summary.source.address, ip("80.100.0.2"));
}

TEST(Gateway, ClearStateForgetsAndAgeRunsTheTimers) {
  World world(double_nat());
  world.udp("a", 5000, at("80.100.0.100", 9), "out");
  world.udp("r", 9, at("80.100.0.1", 5000), "in");
  EXPECT_EQ(world.take("a").size(), 1U);
  world.fabric().age("gw-a", 301s);
  world.udp("r", 9, at("80.100.0.1", 5000), "in");
  EXPECT_TRUE(world.take("a").empty());
  world.udp("a", 5000, at("80.100.0.100", 9), "out");
  world.fabric().clear_state("gw-a");
  world.udp("r", 9, at("80.100.0.1", 5000), "in");
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_no_mapping), 2U);
}

TEST(Gateway, SetBehaviourKeepsTheTable) {
  World world(double_nat());
  world.udp("a", 5000, at("80.100.0.100", 9), "out");
  world.fabric().set_behaviour("gw-a", {.filtering = nat::Dependence::endpoint_independent});
  world.udp("r", 10, at("80.100.0.1", 5000), "stranger");
  EXPECT_EQ(world.take("a").size(), 1U);
}

} // namespace
} // namespace hermesh::testing
