// SPDX-License-Identifier: MIT
#include "base/random.hh"
#include "wire/dhcp.hh"
#include "world.hh"

#include <gtest/gtest.h>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

/// Frames of every kind that a gateway takes apart: what mutations start from.
std::vector<std::vector<std::byte>> seeds(const World& world) {
  const auto remote = at("80.100.0.100", 9);
  std::vector<std::vector<std::byte>> frames;
  for (const auto* machine : {"a", "b"}) {
    const auto ends = world.addresses(machine, 5000, remote);
    frames.push_back(wire::make_udp_frame(ends, bytes_of(std::string(64, 'u'))));
    frames.push_back(wire::make_tcp_frame(ends, 0x02));
    frames.push_back(wire::make_echo_frame(ends, false, 1, bytes_of("ping")));
    auto error = wire::make_echo_frame(ends, false, 0, wire::Bytes(frames[0]).subspan(14, 48));
    error[34] = std::byte{3};
    frames.push_back(std::move(error));
    frames.push_back(
        wire::make_arp_request(ends.source_mac, ends.source.address, ip("192.168.1.1")));
  }
  std::vector<std::byte> dhcp(wire::dhcp_message_size);
  wire::write_dhcp(dhcp, {.client_mac = world.card("a").mac});
  frames.push_back(wire::make_udp_frame({.source_mac = world.card("a").mac,
                                         .destination_mac = MacAddress::broadcast(),
                                         .source = at("0.0.0.0", 68),
                                         .destination = at("255.255.255.255", 67)},
                                        dhcp));
  frames.push_back(
      wire::make_udp_frame({.source_mac = world.card("a").mac,
                            .destination_mac = world.network().gateways[0].inside_macs[0],
                            .source = at("2001:db8:a::10", 1),
                            .destination = at("2001:db8:1::1", 2)},
                           bytes_of("six")));
  return frames;
}

void mutate(std::vector<std::byte>& frame, Random& random) {
  const auto changes = random.below(6);
  for (std::uint32_t i = 0; i < changes && !frame.empty(); ++i) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    const auto place = random.below(2) == 0 ? 12 + random.below(40) : random.below(size);
    if (place < size) frame[place] = static_cast<std::byte>(random.below(256));
  }
  if (random.below(8) == 0)
    frame.resize(random.below(static_cast<std::uint32_t>(frame.size()) + 20));
  // Most mutations would end at the header's checksum: often make it right again.
  if (random.below(4) != 0 && frame.size() >= 34 && frame[14] == std::byte{0x45}) {
    wire::store16(frame.data() + 24, 0);
    std::uint32_t sum = 0;
    for (std::size_t i = 14; i < 34; i += 2)
      sum += wire::load16(frame.data() + i);
    while (sum >> 16 != 0)
      sum = (sum & 0xffff) + (sum >> 16);
    wire::store16(frame.data() + 24, static_cast<std::uint16_t>(~sum));
  }
}

TEST(Hostile, AHundredThousandMutatedFramesBreakNothing) {
  Network network = double_nat();
  for (SegmentSpec& segment : network.segments)
    segment.dhcp = true;
  network.segments[0].ipv6 = Prefix::parse("2001:db8:1::/64");
  network.segments[2].ipv6 = Prefix::parse("2001:db8:a::/64");
  network.gateways[0].spec.outside.ipv6 = ip("2001:db8:1::1");
  network.gateways[0].spec.inside[0].ipv6 = ip("2001:db8:a::1");
  World world(network);
  const auto corpus = seeds(world);
  Random random(20);
  for (int i = 0; i < 100'000; ++i) {
    auto frame = corpus[random.below(static_cast<std::uint32_t>(corpus.size()))];
    mutate(frame, random);
    world.send(world.network().cards[random.below(3)].machine, std::move(frame));
    if (i % 100 == 0) world.pass(50ms);
    if (i % 1000 == 0) {
      world.taps.clear();
      for (const auto* machine : {"a", "b", "r"})
        world.take(machine);
    }
  }
  // The lab still works for those who behave.
  world.pass(30s);
  world.take("r");
  world.udp("b", 5999, at("80.100.0.100", 9), "still here");
  world.pass(5s);
  auto got = world.take("r");
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got.back().text(), "still here");
}

TEST(Hostile, AScanFillsNoTable) {
  World world(double_nat());
  for (std::uint32_t i = 0; i < 5000; ++i) {
    world.udp("a", 1, {Address::v4(0x50640200 + i), 1}, "scan");
    if (i % 500 == 0) world.taps.clear();
  }
  world.pass(10s);
  EXPECT_EQ(world.dropped("gw-a", DropReason::neighbour_unresolved), 5000U);
  world.udp("a", 1, at("80.100.0.100", 1), "hello");
  EXPECT_EQ(world.take("r").size(), 1U);
}

TEST(Hostile, MacFloodsDoNotPushOthersOut) {
  World world(neighbours());
  world.udp("y", 1, at("10.0.0.1", 1), "known");
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto ends = world.addresses("x", 1, at("10.0.0.2", 1));
    ends.source_mac = {{2,
                        1,
                        static_cast<std::uint8_t>(i >> 16),
                        static_cast<std::uint8_t>(i >> 8),
                        static_cast<std::uint8_t>(i),
                        1}};
    world.send("x", wire::make_udp_frame(ends, bytes_of("x")));
    if (i % 500 == 0) world.taps.clear();
  }
  world.take("x");
  world.take("y");
  world.udp("z", 1, at("10.0.0.2", 1), "not flooded");
  EXPECT_EQ(world.take("y").size(), 1U);
  EXPECT_TRUE(world.take("x").empty());
}

/// r says that it is 600 others, too.
void claim_many(World& world) {
  for (std::uint32_t i = 0; i < 600; ++i)
    world.send("r",
               wire::make_arp_request(
                   {{2, 9, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}},
                   Address::v4(0x50642000 + i),
                   Address::parse("80.100.0.1").value()));
}

TEST(Hostile, ForgedNeighboursAreForgotten) {
  World world(double_nat());
  claim_many(world);
  world.pass(2min);
  world.udp("a", 1, at("80.100.0.100", 1), "hello");
  EXPECT_EQ(world.take("r").size(), 1U);
}

TEST(Hostile, NeighboursThatAreClaimedAgainAndAgainLeaveRoomForTheOthers) {
  World world(double_nat());
  for (int minute = 0; minute < 4; ++minute) {
    claim_many(world);
    world.pass(50s);
  }
  world.take("r");
  world.udp("a", 1, at("80.100.0.100", 1), "hello");
  EXPECT_EQ(world.take("r").size(), 1U);
}

// Nor does a claim that comes between a question and its answer.
TEST(Hostile, AClaimTakesNoQuestionsPlace) {
  World world(double_nat());
  claim_many(world);
  world.answers_arp = false;
  world.udp("a", 1, at("80.100.0.100", 1), "hello"); // the gateway asks for r
  world.send("r",
             wire::make_arp_request({{2, 9, 9, 0, 0, 1}},
                                    Address::v4(0x50643000),
                                    Address::parse("80.100.0.1").value()));
  world.take("r");
  world.send("r",
             wire::make_arp_reply(world.card("r").mac,
                                  world.card("r").attachment.ipv4.value(),
                                  world.network().gateways[0].outside_mac,
                                  ip("80.100.0.1")));
  EXPECT_EQ(world.take("r").size(), 1U);
}

} // namespace
} // namespace hermesh::testing
