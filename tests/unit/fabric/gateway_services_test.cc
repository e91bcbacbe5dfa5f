// SPDX-License-Identifier: MIT
#include "wire/dhcp.hh"
#include "wire/icmp.hh"
#include "wire/neighbour.hh"
#include "wire/transport.hh"
#include "world.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;
using Type = wire::DhcpMessage::Type;

/// `frame` (UDP over IPv4) cut into fragments with at most `data` bytes behind each IP header.
std::vector<std::vector<std::byte>>
fragments_of(const std::vector<std::byte>& frame, std::size_t data, std::uint16_t id) {
  auto ip = *wire::parse_ipv4(wire::Bytes(frame).subspan(14));
  const auto whole = wire::Bytes(frame).subspan(34);
  std::vector<std::vector<std::byte>> fragments;
  for (std::size_t at = 0; at < whole.size(); at += data) {
    const auto part = whole.subspan(at, std::min(data, whole.size() - at));
    std::vector<std::byte> one(frame.begin(), frame.begin() + 34);
    one.insert(one.end(), part.begin(), part.end());
    ip.total_size = static_cast<std::uint16_t>(20 + part.size());
    ip.dont_fragment = false;
    ip.more_fragments = at + data < whole.size();
    ip.fragment_offset = static_cast<std::uint16_t>(at);
    ip.identification = id;
    wire::write_ipv4(wire::MutableBytes(one).subspan(14), ip);
    fragments.push_back(std::move(one));
  }
  return fragments;
}

/// The UDP datagram that the fragments make up, checksum verified; empty when it is not right.
std::string reassemble(const std::deque<World::Received>& received) {
  std::vector<std::byte> data(3000);
  std::size_t size = 0;
  wire::IpHeader ip;
  for (const auto& one : received) {
    ip = *wire::parse_ipv4(wire::Bytes(one.frame).subspan(14));
    const auto part = wire::Bytes(one.frame).subspan(14 + ip.header_size, ip.data_size());
    std::ranges::copy(part, data.begin() + ip.fragment_offset);
    size = std::max(size, ip.fragment_offset + part.size());
  }
  data.resize(size);
  if (!wire::transport_checksum_ok(data, wire::ip_protocol::udp, ip.source, ip.destination))
    return {};
  return text_of(wire::Bytes(data).subspan(8));
}

TEST(Fragments, PassADoubleNatInAnyOrder) {
  const std::string text(1000, 'f');
  std::vector<std::size_t> order{0, 1, 2, 3};
  std::uint16_t id = 1;
  do {
    World world(double_nat({.ports = nat::PortAssignment::random}));
    const auto whole =
        wire::make_udp_frame(world.addresses("b", 5000, at("80.100.0.100", 9)), bytes_of(text));
    const auto parts = fragments_of(whole, 256, ++id);
    ASSERT_EQ(parts.size(), 4U);
    for (const std::size_t i : order)
      world.send("b", parts[i]);
    EXPECT_EQ(reassemble(world.take("r")), text);
    EXPECT_EQ(world.dropped_in_all(), 0U);
  } while (std::ranges::next_permutation(order).found);
}

TEST(Fragments, AnswersPassTooAndStrangersDoNot) {
  World world(double_nat());
  world.udp("b", 5000, at("80.100.0.100", 9), "map");
  world.take("r");
  const std::string text(600, 'g');
  const auto good = fragments_of(
      wire::make_udp_frame(world.addresses("r", 9, at("80.100.0.2", 5000)), bytes_of(text)),
      256,
      1);
  for (const std::size_t i : {2U, 0U, 1U})
    world.send("r", good[i]);
  EXPECT_EQ(reassemble(world.take("b")), text);
  const auto bad = fragments_of(
      wire::make_udp_frame(world.addresses("r", 10, at("80.100.0.2", 5000)), bytes_of(text)),
      256,
      2);
  for (const std::size_t i : {2U, 0U, 1U})
    world.send("r", bad[i]);
  EXPECT_TRUE(world.take("b").empty());
  EXPECT_EQ(world.dropped("gw-c", DropReason::nat_filtered), 3U);
}

TEST(Fragments, WithoutAFirstOneTheyTimeOut) {
  World world(double_nat());
  const auto parts =
      fragments_of(wire::make_udp_frame(world.addresses("a", 1, at("80.100.0.100", 9)),
                                        bytes_of(std::string(600, 'h'))),
                   256,
                   1);
  world.send("a", parts[1]);
  world.send("a", parts[2]);
  world.pass(14s);
  EXPECT_EQ(world.dropped("gw-a", DropReason::fragment_timeout), 0U);
  world.pass(2s);
  EXPECT_EQ(world.dropped("gw-a", DropReason::fragment_timeout), 2U);
}

TEST(Fragments, AFloodOfThemIsBounded) {
  World world(double_nat());
  auto part = fragments_of(wire::make_udp_frame(world.addresses("a", 1, at("80.100.0.100", 9)),
                                                bytes_of(std::string(600, 'h'))),
                           256,
                           1)[1];
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto ip = *wire::parse_ipv4(wire::Bytes(part).subspan(14));
    ip.identification = i;
    wire::write_ipv4(wire::MutableBytes(part).subspan(14), ip);
    world.send("a", part);
  }
  world.pass(20s);
  EXPECT_EQ(world.dropped("gw-a", DropReason::fragment_timeout), 10'000U);
}

/// What the gateway of home-a says to a DHCP message from the card with `mac`.
std::optional<wire::DhcpMessage>
ask_dhcp(World& world, const wire::DhcpMessage& message, const std::string& machine = "a") {
  std::vector<std::byte> data(wire::dhcp_message_size);
  wire::write_dhcp(data, message);
  world.taps.clear();
  world.send(machine,
             wire::make_udp_frame({.source_mac = message.client_mac,
                                   .destination_mac = MacAddress::broadcast(),
                                   .source = at("0.0.0.0", 68),
                                   .destination = at("255.255.255.255", 67)},
                                  data));
  for (const auto& tap : world.taps) {
    const auto summary = wire::summarise(tap.frame);
    if (tap.port == "gw-a.inside0" && summary && summary->source.port == 67)
      return wire::parse_dhcp(summary->data);
  }
  return std::nullopt;
}

Network with_dhcp() {
  Network network = double_nat();
  network.segments[2].dhcp = true;
  return network;
}

TEST(Dhcp, GivesTheCardTheAddressOfTheNetwork) {
  World world(with_dhcp());
  const MacAddress mac = world.card("a").mac;
  const auto offer = ask_dhcp(world, {.type = Type::discover, .transaction = 5, .client_mac = mac});
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->type, Type::offer);
  EXPECT_EQ(offer->transaction, 5U);
  EXPECT_EQ(offer->yours, ip("192.168.1.10"));
  EXPECT_EQ(offer->router, ip("192.168.1.1"));
  EXPECT_EQ(offer->subnet_mask, ip("255.255.255.0"));
  const auto ack = ask_dhcp(world,
                            {.type = Type::request,
                             .client_mac = mac,
                             .requested = offer->yours,
                             .server = offer->server});
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, Type::ack);
  EXPECT_EQ(ack->yours, ip("192.168.1.10"));
}

TEST(Dhcp, RefusesAnotherAddressAndIgnoresAnotherServersOffer) {
  World world(with_dhcp());
  const MacAddress mac = world.card("a").mac;
  const auto nak =
      ask_dhcp(world, {.type = Type::request, .client_mac = mac, .requested = ip("192.168.1.99")});
  ASSERT_TRUE(nak);
  EXPECT_EQ(nak->type, Type::nak);
  EXPECT_FALSE(ask_dhcp(world,
                        {.type = Type::request,
                         .client_mac = mac,
                         .requested = ip("192.168.1.10"),
                         .server = ip("192.168.1.2")}));
}

TEST(Dhcp, StrangersGetOtherAddressesAndOnlySoMany) {
  World world(with_dhcp());
  std::vector<Address> given;
  for (std::uint8_t i = 0; i < 200; ++i)
    if (const auto offer =
            ask_dhcp(world, {.type = Type::discover, .client_mac = {{2, 0, 0, 0, 0, i}}}))
      given.push_back(offer->yours);
  EXPECT_EQ(given.size(), 64U);
  EXPECT_EQ(std::ranges::count(given, ip("192.168.1.10")), 0);
  std::ranges::sort(given);
  EXPECT_EQ(std::ranges::adjacent_find(given), given.end());
}

TEST(Dhcp, IsSilentWhereTheSegmentHasNone) {
  World world(double_nat());
  EXPECT_FALSE(ask_dhcp(world, {.type = Type::discover, .client_mac = world.card("a").mac}));
}

/// a behind gw-a, r outside, with IPv6 on both segments.
Network dual_stack(const nat::Behaviour& behaviour = {}) {
  Network network = double_nat(behaviour);
  network.segments[0].ipv6 = Prefix::parse("2001:db8:1::/64");
  network.segments[2].ipv6 = Prefix::parse("2001:db8:a::/64");
  network.gateways[0].spec.outside.ipv6 = ip("2001:db8:1::1");
  network.gateways[0].spec.inside[0].ipv6 = ip("2001:db8:a::1");
  network.cards[0].attachment.ipv6 = ip("2001:db8:a::10");
  network.cards[2].attachment.ipv6 = ip("2001:db8:1::100");
  return network;
}

/// r's frame to a's address: r has a route to the home by the gateway.
std::vector<std::byte> from_r(const World& world, std::uint16_t port, std::string_view text) {
  const wire::FrameAddresses ends{.source_mac = world.card("r").mac,
                                  .destination_mac = world.network().gateways[0].outside_mac,
                                  .source = at("2001:db8:1::100", port),
                                  .destination = at("2001:db8:a::10", 5000)};
  return wire::make_udp_frame(ends, bytes_of(text));
}

/// The machine answers a neighbour solicitation for its address.
void advertise(World& world, const std::string& machine, std::size_t gateway, bool outside) {
  const Gateway& g = world.network().gateways[gateway];
  const MacAddress to_mac = outside ? g.outside_mac : g.inside_macs[0];
  const Address to = wire::link_local_address(to_mac);
  const Address own = *world.card(machine).attachment.ipv6;
  std::vector<std::byte> frame(14 + 40 + wire::neighbour_message_size);
  wire::write_ethernet(
      frame,
      {.destination = to_mac, .source = world.card(machine).mac, .type = wire::ether_type::ipv6});
  const auto packet = wire::MutableBytes(frame).subspan(14);
  wire::write_ipv6(packet,
                   {.total_size = static_cast<std::uint16_t>(packet.size()),
                    .hop_limit = 255,
                    .protocol = wire::ip_protocol::icmpv6,
                    .source = own,
                    .destination = to});
  wire::write_neighbour(packet.subspan(40),
                        {.advertisement = true,
                         .solicited = true,
                         .target = own,
                         .link_address = world.card(machine).mac},
                        own,
                        to);
  world.send(machine, frame);
}

TEST(Ipv6, IsForwardedUnchangedAndFilteredStatefully) {
  World world(dual_stack());
  world.send("r", from_r(world, 9, "unsolicited"));
  EXPECT_EQ(world.dropped("gw-a", DropReason::nat_filtered), 1U);
  world.udp("a", 5000, at("2001:db8:1::100", 9), "out");
  world.take("r"); // the gateway's question
  advertise(world, "r", 0, true);
  auto got = world.take("r");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].summary.source, at("2001:db8:a::10", 5000));
  EXPECT_EQ(wire::load8(got[0].frame.data() + 14 + 7), 63);
  world.send("r", from_r(world, 9, "answer"));
  world.take("a");
  advertise(world, "a", 0, false);
  got = world.take("a");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].text(), "answer");
  world.send("r", from_r(world, 10, "another port"));
  EXPECT_TRUE(world.take("a").empty());
  world.fabric().open("gw-a", true);
  world.send("r", from_r(world, 10, "another port"));
  EXPECT_EQ(world.take("a").size(), 1U);
}

TEST(Ipv6, NothingGlobalLeavesTheLab) {
  World world(dual_stack());
  world.udp("a", 5000, at("2606:4700::1111", 53), "dns");
  EXPECT_EQ(world.dropped("gw-a", DropReason::outside_lab), 1U);
}

TEST(Ipv6, TheGatewayAnnouncesItselfInsideWhenAsked) {
  World world(dual_stack());
  const Address from = wire::link_local_address(world.card("a").mac);
  const Address routers = ip("ff02::2");
  std::vector<std::byte> frame(14 + 40 + 8);
  wire::write_ethernet(frame,
                       {.destination = wire::multicast_mac(routers),
                        .source = world.card("a").mac,
                        .type = wire::ether_type::ipv6});
  const auto packet = wire::MutableBytes(frame).subspan(14);
  wire::write_ipv6(packet,
                   {.total_size = 48,
                    .hop_limit = 255,
                    .protocol = wire::ip_protocol::icmpv6,
                    .source = from,
                    .destination = routers});
  wire::write_icmpv6(
      packet.subspan(40), {.type = wire::icmpv6_type::router_solicitation}, from, routers);
  world.send("a", frame);
  const auto got = world.take("a");
  ASSERT_EQ(got.size(), 1U);
  const auto ra = wire::parse_router_advertisement(got[0].summary.data);
  ASSERT_TRUE(ra);
  EXPECT_EQ(to_string(ra->prefix), "2001:db8:a::/64");
  EXPECT_FALSE(ra->autonomous);
  EXPECT_GT(ra->router_lifetime_seconds, 0);
  EXPECT_TRUE(wire::transport_checksum_ok(got[0].summary.data,
                                          wire::ip_protocol::icmpv6,
                                          got[0].summary.source.address,
                                          got[0].summary.destination.address));
}

} // namespace
} // namespace hermesh::testing
