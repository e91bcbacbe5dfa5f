// SPDX-License-Identifier: MIT
// A gateway's outside link that takes less than the others, and what is turned round at a gateway.
#include "firewalls.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"

#include <gtest/gtest.h>

namespace hermesh::testing {
namespace {

/// Of what an ICMP or ICMPv6 error in a frame says.
wire::IcmpHeader error_of(const World::Received& received) {
  const auto packet = wire::Bytes(received.frame).subspan(14);
  const auto v4 = wire::parse_ipv4(packet);
  return *wire::parse_icmp(packet.subspan(v4 ? v4->header_size : 40U));
}

std::vector<std::byte> sized(const wire::FrameAddresses& ends, std::size_t packet) {
  const std::size_t headers = (ends.source.address.is_v4() ? 20U : 40U) + 8U;
  return wire::make_udp_frame(ends, std::vector<std::byte>(packet - headers));
}

std::vector<std::byte> divisible(std::vector<std::byte> frame) {
  const auto packet = wire::MutableBytes(frame).subspan(14);
  auto header = *wire::parse_ipv4(packet);
  header.dont_fragment = false;
  header.identification = 99;
  wire::write_ipv4(packet, header);
  return frame;
}

const Endpoint r4 = at("80.100.0.100", 9);
const Endpoint r6 = at("2001:db8:1::100", 9);

TEST(Mtu, WhatIsTooBigIsRefusedWithTheMtuEitherWay) { // RFC 1191, RFC 8201
  Offices world({.mtu = 1400});
  for (const auto& [remote, own] :
       {std::pair(r4, at("80.100.0.1", 5000)), std::pair(r6, at("2001:db8:a::10", 5000))}) {
    world.send("a", sized(world.addresses("a", 5000, remote), 1401));
    EXPECT_TRUE(world.take("r").empty());
    auto told = world.take("a");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(error_of(told[0]).rest, 1400U);
    world.send("r", sized(world.addresses("r", 9, own), 1400));
    EXPECT_TRUE(world.take("a").empty()) << "what could not leave must not have made a mapping";

    world.send("a", sized(world.addresses("a", 5000, remote), 1400));
    EXPECT_EQ(world.take("r").size(), 1U);
    world.send("r", sized(world.addresses("r", 9, own), 1400));
    EXPECT_EQ(world.take("a").size(), 1U);
    world.send("r", sized(world.addresses("r", 9, own), 1401));
    EXPECT_TRUE(world.take("a").empty());
    told = world.take("r");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(error_of(told[0]).rest, 1400U);
  }
  EXPECT_EQ(world.dropped("fw-a", DropReason::too_big), 4U);
}

TEST(Mtu, ABlackHoleTellsNobody) { // RFC 2923 section 2.1
  Offices world({.mtu = 1400, .mtu_errors = false});
  for (const auto& remote : {r4, r6}) {
    world.send("a", sized(world.addresses("a", 5000, remote), 1401));
    EXPECT_TRUE(world.take("r").empty());
    EXPECT_TRUE(world.take("a").empty());
  }
  EXPECT_EQ(world.dropped("fw-a", DropReason::too_big), 2U);
  world.fabric().open("fw-a", true);
  world.send("a", sized(world.addresses("a", 5000, r4), 1401));
  EXPECT_EQ(world.take("r").size(), 1U);
}

TEST(Mtu, WhatMayBeCutIsCutEitherWay) {
  Offices world({.ports = nat::PortAssignment::random, .mtu = 1400});
  world.send("a", divisible(sized(world.addresses("a", 5000, r4), 1500)));
  const auto pieces = world.take("r");
  ASSERT_EQ(pieces.size(), 2U);
  std::vector<std::byte> data(1480);
  wire::IpHeader header;
  for (const auto& piece : pieces) {
    const auto packet = wire::Bytes(piece.frame).subspan(14);
    header = *wire::parse_ipv4(packet);
    EXPECT_LE(header.total_size, 1400);
    std::ranges::copy(packet.subspan(header.header_size), data.begin() + header.fragment_offset);
  }
  EXPECT_TRUE(
      wire::transport_checksum_ok(data, wire::ip_protocol::udp, header.source, header.destination));
  const Endpoint external{header.source, wire::load16(data.data())};
  world.send("r", divisible(sized(world.addresses("r", 9, external), 1500)));
  EXPECT_EQ(world.take("a").size(), 2U);
}

TEST(Mtu, TheErrorOfAGatewayFurtherOutReachesTheHost) {
  Network network = double_nat();
  network.gateways[2].behaviour.mtu = 1300;
  World world(network);
  world.send("b", sized(world.addresses("b", 5000, r4), 1400));
  const auto told = world.take("b");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(error_of(told[0]).code, wire::icmp_code::fragmentation_needed);
  EXPECT_EQ(error_of(told[0]).rest, 1300U);
  const auto inner = wire::parse_embedded_ipv4(wire::Bytes(told[0].frame).subspan(14 + 20 + 8));
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->source, ip("192.168.1.10"));
}

/// Two hosts in one home whose gateway hairpins; host b was moved beside a.
Network hairpinning_home() {
  Network network =
      two_offices({.ports = nat::PortAssignment::random, .hairpin = nat::Hairpin::external_source});
  network.cards[1].attachment = {.segment = "office-a", .ipv4 = ip("80.101.1.11")};
  return network;
}

class TurnedRound : public ::testing::Test {
protected:
  TurnedRound() {
    world.udp("a", 5000, r4, "map");
    external_a = world.take("r").at(0).summary.source;
    world.udp("b", 6000, r4, "map");
    external_b = world.take("r").at(0).summary.source;
    world.udp("b", 6000, external_a, "lets a in");
    world.take("a");
  }
  World world{hairpinning_home()};
  Endpoint external_a, external_b;
};

TEST_F(TurnedRound, FragmentsInAnyOrder) {
  std::uint16_t id = 1;
  for (const auto& order :
       {std::array{0U, 1U, 2U}, std::array{2U, 1U, 0U}, std::array{1U, 2U, 0U}}) {
    const auto parts = pieces_of(wire::make_udp_frame(world.addresses("a", 5000, external_b),
                                                      bytes_of(std::string(600, 'h'))),
                                 256,
                                 ++id);
    for (const auto i : order)
      world.send("a", parts[i]);
    const auto got = world.take("b");
    ASSERT_EQ(got.size(), 3U);
    std::vector<std::byte> data(608);
    for (const auto& one : got) {
      const auto packet = wire::Bytes(one.frame).subspan(14);
      const auto header = *wire::parse_ipv4(packet);
      EXPECT_EQ(header.source, external_a.address);
      EXPECT_EQ(header.destination, ip("80.101.1.11"));
      std::ranges::copy(packet.subspan(header.header_size), data.begin() + header.fragment_offset);
    }
    EXPECT_TRUE(wire::transport_checksum_ok(
        data, wire::ip_protocol::udp, external_a.address, ip("80.101.1.11")));
  }
}

TEST_F(TurnedRound, AnErrorAboutAPacketReachesItsSender) { // RFC 5508 section 4.3
  world.udp("a", 5000, external_b, "to a closed port");
  const auto got = world.take("b");
  ASSERT_EQ(got.size(), 1U);
  const auto about = wire::Bytes(got[0].frame).subspan(14).first(28);
  std::vector<std::byte> error(14 + 20 + 8 + about.size());
  const auto ends = world.addresses("b", 0, {external_a.address, 0});
  wire::write_ethernet(error,
                       {.destination = ends.destination_mac,
                        .source = ends.source_mac,
                        .type = wire::ether_type::ipv4});
  const auto packet = wire::MutableBytes(error).subspan(14);
  wire::write_ipv4(packet,
                   {.total_size = static_cast<std::uint16_t>(packet.size()),
                    .protocol = wire::ip_protocol::icmp,
                    .source = ends.source.address,
                    .destination = external_a.address});
  std::ranges::copy(about, packet.begin() + 28);
  wire::write_icmp(packet.subspan(20), {.type = wire::icmp_type::unreachable, .code = 3});
  world.send("b", error);
  const auto told = world.take("a");
  ASSERT_EQ(told.size(), 1U);
  const auto outer = *wire::parse_ipv4(wire::Bytes(told[0].frame).subspan(14));
  EXPECT_EQ(outer.source, external_b.address);
  EXPECT_EQ(outer.destination, ip("80.101.1.10"));
  const auto embedded = wire::Bytes(told[0].frame).subspan(14 + 28);
  const auto inner = *wire::parse_embedded_ipv4(embedded);
  EXPECT_EQ(inner.source, ip("80.101.1.10"));
  EXPECT_EQ(inner.destination, external_b.address);
  EXPECT_EQ(wire::load16(embedded.data() + 20), 5000);
  EXPECT_EQ(wire::load16(embedded.data() + 22), external_b.port);
  EXPECT_TRUE(wire::transport_checksum_ok(wire::Bytes(told[0].frame).subspan(34),
                                          wire::ip_protocol::icmp,
                                          outer.source,
                                          outer.destination));
}

TEST_F(TurnedRound, TheGatewayAnswersPingToItsExternalAddressFromInside) {
  world.send("a",
             wire::make_echo_frame(world.addresses("a", 7, {external_a.address, 0}), false, 1));
  const auto got = world.take("a");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].summary.source.address, external_a.address);
}

} // namespace
} // namespace hermesh::testing
