// SPDX-License-Identifier: MIT
// Gateways that translate nothing, of both families, and fragments through them.
#include "firewalls.hh"
#include "wire/icmp.hh"

#include <gtest/gtest.h>

#include <array>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

class Firewall : public ::testing::TestWithParam<Family> {
protected:
  Endpoint a = GetParam().a, b = GetParam().b, r = GetParam().r;
  Offices world{};
};

INSTANTIATE_TEST_SUITE_P(Fabric, Firewall, ::testing::ValuesIn(families()), [](const auto& one) {
  return one.param.name;
});

TEST_P(Firewall, LetsInWhatAnswersAndNothingElse) {
  world.udp("r", 9, a, "unsolicited");
  EXPECT_EQ(world.got("a"), "");
  world.udp("a", 5000, r, "out");
  const auto seen = world.take("r");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].summary.source, a);
  world.udp("r", 9, a, "answer");
  EXPECT_EQ(world.got("a"), "answer");
  world.udp("r", 10, a, "from another port");
  EXPECT_EQ(world.got("a"), "");
}

TEST_P(Firewall, TwoOfThemArePunched) {
  world.udp("a", 5000, b, "too early");
  EXPECT_EQ(world.got("b"), "");
  world.udp("b", 6000, a, "through");
  const auto seen = world.take("a");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].summary.source, b);
  world.udp("a", 5000, b, "back");
  EXPECT_EQ(world.got("b"), "back");
}

TEST_P(Firewall, OpenLetsEverybodyInToWhomTheySay) {
  world.fabric().open("fw-a", true);
  world.udp("r", 9, a, "unsolicited");
  EXPECT_EQ(world.got("a"), "unsolicited");
}

TEST_P(Firewall, PingIsAnsweredByTheHostOrByNobody) {
  const auto ping = wire::make_echo_frame(world.addresses("r", 77, {a.address, 0}), false, 1);
  world.send("r", ping);
  EXPECT_TRUE(world.take("r").empty()) << "the gateway must not answer for its hosts";
  EXPECT_TRUE(world.take("a").empty());
  world.fabric().open("fw-a", true);
  world.send("r", ping);
  EXPECT_EQ(world.take("a").size(), 1U);
}

TEST_P(Firewall, FragmentsPassInAnyOrderAndAreFilteredAsOne) {
  const std::string text(600, 'f');
  world.udp("a", 5000, r, "out");
  world.take("r");
  std::uint16_t id = 1;
  for (const auto& order :
       {std::array{2U, 1U, 0U}, std::array{0U, 1U, 2U}, std::array{1U, 0U, 2U}}) {
    const auto parts =
        pieces_of(wire::make_udp_frame(world.addresses("r", 9, a), bytes_of(text)), 256, ++id);
    ASSERT_EQ(parts.size(), 3U);
    for (const auto i : order)
      world.send("r", parts[i]);
    EXPECT_EQ(world.take("a").size(), 3U);
    const auto strange =
        pieces_of(wire::make_udp_frame(world.addresses("r", 10, a), bytes_of(text)), 256, ++id);
    for (const auto i : order)
      world.send("r", strange[i]);
    EXPECT_TRUE(world.take("a").empty());
  }
}

// Later pieces name another next header than the first: it is no part of what tells datagrams apart
// (RFC 8200 section 4.5).
TEST(Firewall6, FragmentsWithOptionsBehindTheirHeaderPass) {
  Offices world;
  const auto frame = wire::make_udp_frame(world.addresses("a", 5000, {ip("2001:db8:1::100"), 9}),
                                          bytes_of(std::string(600, 'f')));
  constexpr std::size_t options_at = 14 + 40;
  auto optioned = frame;
  // Destination options of 8 bytes: the next header, no further units, PadN of four.
  const std::vector<std::byte> options = bytes_of(std::string("\x11\x00\x01\x04\0\0\0\0", 8));
  optioned.insert(optioned.begin() + options_at, options.begin(), options.end());
  const auto cut = [&](std::size_t at, std::size_t size, bool more) {
    std::vector<std::byte> piece(optioned.begin(), optioned.begin() + options_at);
    std::vector<std::byte> header(8);
    wire::store8(header.data(), 60); // destination options
    wire::store16(header.data() + 2, static_cast<std::uint16_t>(at | (more ? 1U : 0U)));
    wire::store32(header.data() + 4, 77);
    piece.insert(piece.end(), header.begin(), header.end());
    const auto from = optioned.begin() + static_cast<std::ptrdiff_t>(options_at + at);
    piece.insert(piece.end(), from, from + static_cast<std::ptrdiff_t>(size));
    wire::store16(piece.data() + 14 + 4, static_cast<std::uint16_t>(8 + size));
    wire::store8(piece.data() + 14 + 6, wire::ip_protocol::fragment);
    return piece;
  };
  const std::size_t whole = optioned.size() - options_at;
  world.send("a", cut(256, 256, true));
  world.send("a", cut(0, 256, true));
  world.send("a", cut(512, whole - 512, false));
  EXPECT_EQ(world.take("r").size(), 3U);
  world.send("a", cut(248, 256, true)); // over the end of the first
  EXPECT_EQ(world.dropped("fw-a", DropReason::fragment_overlap), 1U);
}

TEST_P(Firewall, FragmentsThatOverlapEndTheirDatagram) { // RFC 1858, RFC 5722
  world.udp("a", 5000, r, "out");
  world.take("r");
  const auto whole =
      wire::make_udp_frame(world.addresses("r", 9, a), bytes_of(std::string(600, 'f')));
  const auto parts = pieces_of(whole, 256, 5);
  auto overlapping = pieces_of(whole, 248, 5).at(1); // 248..496, where 0..256 has been
  world.send("r", parts[0]);
  EXPECT_EQ(world.take("a").size(), 1U);
  world.send("r", parts[0]); // a duplicate that a link made
  EXPECT_EQ(world.take("a").size(), 1U);
  world.send("r", std::move(overlapping));
  world.send("r", parts[1]);
  world.send("r", parts[2]);
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("fw-a", DropReason::fragment_overlap), 3U);
  const auto next = pieces_of(whole, 256, 6); // another datagram is no worse for it
  for (const auto& part : next)
    world.send("r", part);
  EXPECT_EQ(world.take("a").size(), 3U);
}

TEST_P(Firewall, WaitingFragmentsThatOverlapAreDroppedAsSuch) {
  const auto whole =
      wire::make_udp_frame(world.addresses("a", 5000, r), bytes_of(std::string(600, 'f')));
  const auto parts = pieces_of(whole, 256, 5);
  world.send("a", parts[1]);
  world.send("a", pieces_of(whole, 248, 5).at(1));
  world.send("a", parts[0]);
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_EQ(world.dropped("fw-a", DropReason::fragment_overlap), 3U);
}

TEST_P(Firewall, FragmentsWithoutAFirstTimeOut) {
  const auto parts = pieces_of(
      wire::make_udp_frame(world.addresses("a", 5000, r), bytes_of(std::string(600, 'f'))), 256, 5);
  world.send("a", parts[1]);
  world.pass(14s);
  EXPECT_EQ(world.dropped("fw-a", DropReason::fragment_timeout), 0U);
  world.pass(2s);
  EXPECT_EQ(world.dropped("fw-a", DropReason::fragment_timeout), 1U);
}

TEST_P(Firewall, ADatagramInTooManyPiecesIsRefused) {
  const auto parts = pieces_of(
      wire::make_udp_frame(world.addresses("a", 5000, r), bytes_of(std::string(1200, 'f'))), 8, 5);
  ASSERT_GT(parts.size(), 128U);
  for (const auto& part : parts)
    world.send("a", part);
  EXPECT_EQ(world.take("r").size(), 128U);
  EXPECT_EQ(world.dropped("fw-a", DropReason::fragment_overlap), parts.size() - 128);
}

/// An inner firewall: its hosts are translated further out.
TEST(FirewallBehindANat, IsReachedThroughTheMapping) {
  Network network = double_nat({.filtering = nat::Dependence::endpoint_independent});
  network.gateways[1].behaviour = {.translating = nat::Translating::none,
                                   .filtering = nat::Dependence::endpoint_independent};
  network.segments[3] = {.name = "home-b", .ipv4 = Prefix::parse("192.168.2.0/24")};
  network.gateways[1].spec.inside[0].ipv4 = ip("192.168.2.1");
  network.cards[1].attachment.ipv4 = ip("192.168.2.10");
  World world(network);
  world.udp("b", 5000, at("80.100.0.100", 9), "out");
  auto seen = world.take("r");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].summary.source, at("80.100.0.2", 5000));
  world.udp("r", 10, at("80.100.0.2", 5000), "in");
  seen = world.take("b");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].summary.destination, at("192.168.2.10", 5000));
}

TEST(BrokenIpv6, LetsNothingThroughWhileIpv4IsGood) {
  for (const auto kind : {nat::Ipv6::dropped, nat::Ipv6::unreachable}) {
    Offices world({.ipv6 = kind});
    world.udp("a", 5000, at("80.100.0.100", 9), "by v4");
    EXPECT_EQ(world.got("r"), "by v4");
    world.udp("a", 5000, at("2001:db8:1::100", 9), "by v6");
    EXPECT_TRUE(world.take("r").empty());
    const auto told = world.take("a");
    ASSERT_EQ(told.size(), kind == nat::Ipv6::unreachable ? 1U : 0U);
    if (!told.empty()) {
      EXPECT_EQ(wire::load8(told[0].frame.data() + 54), wire::icmpv6_type::unreachable);
      EXPECT_EQ(wire::load8(told[0].frame.data() + 55), 0); // no route
    }
    world.udp("r", 9, at("2001:db8:a::10", 5000), "in");
    EXPECT_TRUE(world.take("a").empty());
    EXPECT_TRUE(world.take("r").empty());
    world.send("a",
               wire::make_echo_frame(world.addresses("a", 7, at("2001:db8:a::1", 0)), false, 1));
    EXPECT_EQ(world.take("a").size(), 1U) << "the router itself is there";
    world.fabric().open("fw-a", true);
    world.udp("a", 5000, at("2001:db8:1::100", 9), "by v6");
    EXPECT_EQ(world.got("r"), "by v6");
  }
}

TEST(OpenIpv6, IsRoutedWhoeverBegan) { // RFC 6092 REC-49
  Offices world({.udp_out = nat::OutPolicy::none(), .ipv6 = nat::Ipv6::open});
  world.udp("r", 9, at("2001:db8:a::10", 5000), "unsolicited");
  EXPECT_EQ(world.got("a"), "unsolicited");
  world.udp("a", 5000, at("2001:db8:b::10", 6000), "across");
  EXPECT_EQ(world.got("b"), "across");
  world.udp("r", 9, at("80.100.0.1", 5000), "unsolicited");
  EXPECT_EQ(world.got("a"), "");
}

} // namespace
} // namespace hermesh::testing
