// SPDX-License-Identifier: MIT
#include "wire/arp.hh"
#include "wire/dhcp.hh"
#include "wire/frame.hh"
#include "wire/icmp.hh"
#include "wire/neighbour.hh"
#include "wire/rewrite.hh"
#include "wire/transport.hh"

#include <gtest/gtest.h>

#include <charconv>

namespace hermesh::wire {
namespace {

Address ip(std::string_view text) {
  return *Address::parse(text);
}

std::vector<std::byte> hex(std::string_view text) {
  std::vector<std::byte> out;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits.push_back(c);
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    int value = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, value, 16);
    out.push_back(static_cast<std::byte>(value));
  }
  return out;
}

// A DNS query as a resolver sends it: 192.168.0.1:33333 -> 192.168.0.2:53, "abcd".
const auto udp_frame = hex("525400000002 525400000001 0800"
                           "4500 0020 0001 4000 4011 b978 c0a80001 c0a80002"
                           "8235 0035 000c 3751 61626364");

TEST(Frames, AKnownUdpFrameIsReadAndMade) {
  const auto summary = summarise(udp_frame);
  ASSERT_TRUE(summary);
  EXPECT_EQ(to_string(summary->source), "192.168.0.1:33333");
  EXPECT_EQ(to_string(summary->destination), "192.168.0.2:53");
  EXPECT_EQ(summary->data.size(), 4U);
  const auto packet = Bytes(udp_frame).subspan(14);
  EXPECT_TRUE(transport_checksum_ok(
      packet.subspan(20), ip_protocol::udp, summary->source.address, summary->destination.address));

  auto made = make_udp_frame({.source_mac = *MacAddress::parse("52:54:00:00:00:01"),
                              .destination_mac = *MacAddress::parse("52:54:00:00:00:02"),
                              .source = {ip("192.168.0.1"), 33333},
                              .destination = {ip("192.168.0.2"), 53}},
                             Bytes(udp_frame).last(4));
  store16(made.data() + 14 + 4, 1); // its identification: the one thing that is free
  store16(made.data() + 14 + 10, 0xb978);
  EXPECT_EQ(made, udp_frame);
}

TEST(Frames, TruncationIsNeverRead) {
  for (std::size_t size = 0; size < udp_frame.size(); ++size)
    EXPECT_FALSE(summarise(Bytes(udp_frame).first(size))) << size;
}

TEST(Ipv4, OptionsAreSkippedAndLengthsChecked) {
  // Header of 24 bytes: a router alert option (RFC 2113).
  auto packet = hex("4600 0020 0001 0000 4011 0000 c0a80001 c0a80002 94040000 8235 0035 0008 0000");
  const auto sum = [&] {
    std::uint32_t s = 0;
    for (std::size_t i = 0; i < 24; i += 2)
      s += load16(packet.data() + i);
    while (s >> 16 != 0)
      s = (s & 0xffff) + (s >> 16);
    return static_cast<std::uint16_t>(~s);
  }();
  store16(packet.data() + 10, sum);
  const auto parsed = parse_ipv4(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header_size, 24);
  EXPECT_EQ(parsed->data_size(), 8U);

  auto wrong = packet;
  wrong[11] ^= std::byte{1};
  EXPECT_FALSE(parse_ipv4(wrong)); // checksum
  wrong = packet;
  wrong[0] = std::byte{0x44};
  EXPECT_FALSE(parse_ipv4(wrong)); // header shorter than a header
  wrong = packet;
  wrong[3] = std::byte{0x40};
  EXPECT_FALSE(parse_ipv4(wrong)); // longer than what is there
}

TEST(Ipv4, FragmentsAreToldApart) {
  std::vector<std::byte> packet(28);
  const auto with = [&](bool more, std::uint16_t offset) {
    write_ipv4(packet,
               {.total_size = 28,
                .protocol = ip_protocol::udp,
                .more_fragments = more,
                .fragment_offset = offset,
                .identification = 9,
                .source = ip("10.0.0.1"),
                .destination = ip("10.0.0.2")});
    return *parse_ipv4(packet);
  };
  EXPECT_FALSE(with(false, 0).is_fragment());
  EXPECT_TRUE(with(true, 0).is_fragment());
  EXPECT_TRUE(with(true, 0).has_upper_header());
  EXPECT_FALSE(with(false, 1480).has_upper_header());
  EXPECT_EQ(with(false, 1480).fragment_offset, 1480);
  write_ipv4(packet,
             {.total_size = 28,
              .fragment_offset = 65528,
              .source = ip("10.0.0.1"),
              .destination = ip("10.0.0.2")});
  EXPECT_FALSE(parse_ipv4(packet)); // reaches beyond 65535
}

TEST(Ipv4, TtlGoesDownAndTheChecksumFollows) {
  auto frame = udp_frame;
  const auto packet = MutableBytes(frame).subspan(14);
  decrement_ttl_ipv4(packet);
  const auto parsed = parse_ipv4(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->hop_limit, 63);
}

TEST(Ipv4, RewritingKeepsEveryChecksumRight) {
  const auto check = [](std::vector<std::byte> frame) {
    const auto packet = MutableBytes(frame).subspan(14);
    for (const End end : {End::source, End::destination})
      rewrite_ipv4(packet, *parse_ipv4(packet), end, {ip("203.0.113.255"), 65535});
    const auto parsed = parse_ipv4(packet);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->source, ip("203.0.113.255"));
    EXPECT_EQ(parsed->destination, ip("203.0.113.255"));
    EXPECT_TRUE(transport_checksum_ok(
        packet.subspan(20), parsed->protocol, parsed->source, parsed->destination));
    EXPECT_EQ(summarise(frame)->source.port, 65535);
  };
  const FrameAddresses ends{.source = {ip("192.168.1.2"), 1234},
                            .destination = {ip("80.100.0.1"), 80}};
  const auto payload = hex("00 01 02");
  check(make_udp_frame(ends, payload));
  check(make_tcp_frame(ends, tcp_flag::syn, 7, payload));
  check(make_echo_frame(ends, false, 1, payload));
}

TEST(Ipv6, ExtensionHeadersAreSkipped) {
  // Hop-by-hop, destination options, then a first fragment of UDP.
  auto packet = hex("60000000 0020 00 40 20010db8000000000000000000000001"
                    "20010db8000000000000000000000002"
                    "3c00 000000000000 2c00 000000000000 1100 0001 0000abcd"
                    "8235 0035 0008 0000");
  const auto parsed = parse_ipv6(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->protocol, ip_protocol::udp);
  EXPECT_EQ(parsed->header_size, 40 + 24);
  EXPECT_TRUE(parsed->more_fragments);
  EXPECT_EQ(parsed->identification, 0xabcdU);
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(parse_ipv6(Bytes(packet).first(size)));
  packet[8] = std::byte{0}; // an IPv4-mapped source never stands in a packet
  std::fill_n(packet.begin() + 8, 10, std::byte{0});
  packet[18] = packet[19] = std::byte{0xff};
  EXPECT_FALSE(parse_ipv6(packet));
}

TEST(Ipv6, AnEndlessChainOfHeadersIsGivenUp) {
  std::vector<std::byte> packet(40 + 8 * 20);
  write_ipv6(packet,
             {.total_size = static_cast<std::uint16_t>(packet.size()),
              .protocol = ip_protocol::destination_options,
              .source = ip("2001:db8::1"),
              .destination = ip("2001:db8::2")});
  for (std::size_t i = 40; i < packet.size(); i += 8)
    packet[i] = std::byte{ip_protocol::destination_options};
  EXPECT_FALSE(parse_ipv6(packet));
}

TEST(Arp, RoundTripAndRefusals) {
  const auto mac = *MacAddress::parse("52:54:00:00:00:01");
  const auto frame = make_arp_request(mac, ip("192.168.1.10"), ip("192.168.1.1"));
  const auto arp = parse_arp(Bytes(frame).subspan(14));
  ASSERT_TRUE(arp);
  EXPECT_EQ(arp->sender_mac, mac);
  EXPECT_EQ(arp->target, ip("192.168.1.1"));
  EXPECT_EQ(arp->operation, ArpPacket::Operation::request);
  for (std::size_t size = 0; size < arp_packet_size; ++size)
    EXPECT_FALSE(parse_arp(Bytes(frame).subspan(14, size)));
  auto other = frame;
  other[14 + 7] = std::byte{3}; // reverse ARP
  EXPECT_FALSE(parse_arp(Bytes(other).subspan(14)));
}

TEST(Transport, LengthsThatContradictAreRefused) {
  auto udp = hex("8235 0035 0008 0000");
  EXPECT_TRUE(parse_udp(udp));
  udp[5] = std::byte{7};
  EXPECT_FALSE(parse_udp(udp));
  udp[5] = std::byte{9};
  EXPECT_FALSE(parse_udp(udp));
  EXPECT_TRUE(parse_udp(udp, true)); // the rest is in later fragments
  auto tcp = hex("8235 0035 00000001 00000002 5012 ffff 0000 0000");
  const auto parsed = parse_tcp(tcp);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->flags, tcp_flag::syn | tcp_flag::ack);
  tcp[12] = std::byte{0x40};
  EXPECT_FALSE(parse_tcp(tcp));
  tcp[12] = std::byte{0x60};
  EXPECT_FALSE(parse_tcp(tcp));
}

TEST(NeighbourDiscovery, RoundTrips) {
  const auto mac = *MacAddress::parse("52:54:00:12:34:56");
  EXPECT_EQ(to_string(link_local_address(mac)), "fe80::5054:ff:fe12:3456");
  EXPECT_EQ(to_string(solicited_node_address(ip("2001:db8::ab:cdef"))), "ff02::1:ffab:cdef");
  std::vector<std::byte> out(neighbour_message_size);
  const NeighbourMessage message{.advertisement = true,
                                 .router = true,
                                 .solicited = true,
                                 .target = ip("2001:db8::1"),
                                 .link_address = mac};
  write_neighbour(out, message, ip("2001:db8::1"), ip("2001:db8::2"));
  EXPECT_EQ(parse_neighbour(out), message);
  EXPECT_TRUE(
      transport_checksum_ok(out, ip_protocol::icmpv6, ip("2001:db8::1"), ip("2001:db8::2")));
  out[25] = std::byte{0}; // an option of no length would never end
  EXPECT_FALSE(parse_neighbour(out));

  std::vector<std::byte> ra(router_advertisement_size);
  const RouterAdvertisement advertisement{.router_lifetime_seconds = 1800,
                                          .link_address = mac,
                                          .prefix = *Prefix::parse("2001:db8::/64"),
                                          .autonomous = true};
  write_router_advertisement(ra, advertisement, ip("fe80::1"), ip("ff02::1"));
  EXPECT_EQ(parse_router_advertisement(ra), advertisement);
}

TEST(Dhcp, RoundTripsAndRefusals) {
  const DhcpMessage message{.type = DhcpMessage::Type::ack,
                            .transaction = 0x12345678,
                            .broadcast = true,
                            .client = Address::v4(0),
                            .yours = ip("192.168.1.10"),
                            .client_mac = *MacAddress::parse("52:54:00:00:00:01"),
                            .server = ip("192.168.1.1"),
                            .subnet_mask = ip("255.255.255.0"),
                            .router = ip("192.168.1.1"),
                            .lease_seconds = 3600};
  std::vector<std::byte> out(dhcp_message_size);
  write_dhcp(out, message);
  EXPECT_EQ(parse_dhcp(out), message);
  for (std::size_t size = 0; size < 243; ++size)
    EXPECT_FALSE(parse_dhcp(Bytes(out).first(size))) << size;
  auto broken = out;
  broken[241] = std::byte{255}; // the first option reaches beyond the end
  EXPECT_FALSE(parse_dhcp(broken));
  broken = out;
  broken[236] = std::byte{0}; // the cookie
  EXPECT_FALSE(parse_dhcp(broken));
}

} // namespace
} // namespace hermesh::wire
