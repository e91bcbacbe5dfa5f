// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "world.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

const Endpoint r_port = at("80.100.0.100", 9);

TEST(Segment, LearnsWhoIsWhere) {
  World world(neighbours());
  world.udp("x", 1, at("10.0.0.2", 1), "a card is known"); // by its address, before it speaks
  EXPECT_EQ(world.take("y").size(), 1U);
  EXPECT_TRUE(world.take("z").empty());
  // Something behind y with an address of its own: a container, say.
  const MacAddress other{{2, 0xaa, 0, 0, 0, 1}};
  auto to_other = world.addresses("x", 1, at("10.0.0.2", 1));
  to_other.destination_mac = other;
  world.send("x", wire::make_udp_frame(to_other, bytes_of("flooded")));
  EXPECT_EQ(world.take("y").size(), 1U);
  EXPECT_EQ(world.take("z").size(), 1U);
  auto from_other = world.addresses("y", 1, at("10.0.0.1", 1));
  from_other.source_mac = other;
  world.send("y", wire::make_udp_frame(from_other, bytes_of("learned")));
  EXPECT_EQ(world.take("x").size(), 1U);
  world.send("x", wire::make_udp_frame(to_other, bytes_of("direct")));
  EXPECT_EQ(world.take("y").size(), 1U);
  EXPECT_TRUE(world.take("z").empty());
}

TEST(Segment, AFrameThatFindsNobodyIsInTheLedger) {
  World world(double_nat()); // a is alone with its gateway
  auto to_nobody = world.addresses("a", 1, r_port);
  to_nobody.destination_mac = {{2, 9, 9, 9, 9, 9}};
  world.send("a", wire::make_udp_frame(to_nobody, bytes_of("anybody?")));
  EXPECT_EQ(world.dropped_in_all(), 1U);
  EXPECT_EQ(world.dropped("a.eth0", DropReason::no_route), 1U);
}

TEST(Segment, ForgedAddressesCannotTakeAGatewaysPlace) {
  World world(double_nat());
  auto forged = world.addresses("a", 1, r_port);
  forged.source_mac = world.network().gateways[0].inside_macs[0];
  world.send("a", wire::make_udp_frame(forged, bytes_of("I am the gateway")));
  world.udp("a", 1, r_port, "still routed");
  auto got = world.take("r");
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got.back().text(), "still routed");
}

TEST(Fabric, FramesThatAreTooShortOrTooLongAreCounted) {
  World world(neighbours());
  world.send("x", std::vector<std::byte>(13));
  world.send("x", {});
  world.send("x", std::vector<std::byte>(1515));
  EXPECT_EQ(world.dropped("x.eth0", DropReason::malformed), 2U);
  EXPECT_EQ(world.dropped("x.eth0", DropReason::too_big), 1U);
  EXPECT_EQ(world.delivered, 0U);
}

TEST(Fabric, EveryFrameIsTappedOncePerSegmentAndAgainWhenDropped) {
  World world(double_nat());
  world.udp("a", 1, r_port, "x"); // makes the gateway learn r
  world.taps.clear();
  world.udp("a", 1, r_port, "x");
  ASSERT_EQ(world.taps.size(), 2U);
  EXPECT_EQ(world.taps[0].segment, "home-a");
  EXPECT_EQ(world.taps[0].port, "a.eth0");
  EXPECT_EQ(world.taps[1].segment, "internet");
  EXPECT_EQ(world.taps[1].port, "gw-a.outside");
  world.taps.clear();
  world.udp("r", 5, at("80.100.0.1", 99), "nobody asked");
  ASSERT_EQ(world.taps.size(), 2U);
  EXPECT_EQ(world.taps[0].drop, DropReason::none);
  EXPECT_EQ(world.taps[1].drop, DropReason::nat_no_mapping);
  EXPECT_EQ(world.taps[1].port, "r.eth0");
  EXPECT_EQ(world.taps[1].frame, world.taps[0].frame);
}

TEST(Fabric, CutStopsBothDirectionsAtOnce) {
  World world(neighbours({.delay = 10ms}));
  world.udp("x", 1, at("10.0.0.2", 1), "on its way");
  world.fabric().cut("x", true);
  world.udp("x", 1, at("10.0.0.2", 1), "from");
  world.udp("y", 1, at("10.0.0.1", 1), "to");
  world.pass(20ms);
  EXPECT_TRUE(world.take("x").empty());
  EXPECT_TRUE(world.take("y").empty());
  EXPECT_EQ(world.dropped("x.eth0", DropReason::cut), 3U);
  world.fabric().cut("x", false);
  world.udp("x", 1, at("10.0.0.2", 1), "again");
  world.pass(20ms);
  EXPECT_EQ(world.take("y").size(), 1U);
}

TEST(Fabric, AFullPortDropsAndRecovers) {
  World world(neighbours());
  world.udp("y", 1, at("10.0.0.1", 1), "learn");
  world.take("x");
  const PortId port = world.fabric().port("y.eth0");
  world.fabric().full(port, true);
  world.udp("x", 1, at("10.0.0.2", 1), "lost");
  world.fabric().full(port, false);
  world.udp("x", 1, at("10.0.0.2", 1), "kept");
  auto got = world.take("y");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].text(), "kept");
  EXPECT_EQ(world.dropped("y.eth0", DropReason::no_port_room), 1U);
}

TEST(Fabric, AMovedCardLivesOnItsNewSegment) {
  World world(double_nat());
  world.fabric().move(world.fabric().port("a.eth0"), "internet");
  auto direct = world.addresses("a", 1, r_port);
  direct.destination_mac = world.card("r").mac;
  direct.source.address = ip("80.100.0.55");
  world.send("a", wire::make_udp_frame(direct, bytes_of("here now")));
  auto got = world.take("r");
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].summary.source.address, ip("80.100.0.55"));
  EXPECT_EQ(world.taps.back().segment, "internet");
  EXPECT_EQ(world.taps.back().port, "a.eth0");
  world.fabric().move(world.fabric().port("a.eth0"), "home-a");
  world.udp("a", 1, r_port, "back");
  EXPECT_EQ(world.take("r").size(), 1U);
}

TEST(Fabric, VirtualHostsComeAndGo) {
  std::vector<std::pair<PortId, std::string>> got;
  Fabric fabric(neighbours(), {.deliver = [&](PortId port, std::span<const std::byte> frame) {
                  got.emplace_back(port, text_of(wire::summarise(frame)->data));
                }});
  const MacAddress mac{{2, 0, 0, 0, 0, 9}};
  const PortId guest = fabric.attach("lan", mac);
  EXPECT_EQ(static_cast<unsigned>(guest), 3U);
  EXPECT_EQ(fabric.segment_ports(0).back(), "certify0");
  const wire::FrameAddresses ends{.source_mac = neighbours().cards[0].mac,
                                  .destination_mac = mac,
                                  .source = at("10.0.0.1", 1),
                                  .destination = at("10.0.0.9", 1)};
  auto frame = wire::make_udp_frame(ends, bytes_of("hello"));
  fabric.receive(fabric.port("x.eth0"), frame, 0s);
  ASSERT_EQ(got.size(), 1U); // known at once: not flooded
  EXPECT_EQ(got[0].first, guest);
  fabric.detach(guest);
  fabric.receive(fabric.port("x.eth0"), frame, 0s);
  EXPECT_EQ(got.size(), 3U); // unknown again: to y and z
  fabric.receive(guest, frame, 0s);
  EXPECT_EQ(got.size(), 3U);
}

TEST(Fabric, UnknownNamesAreErrorsThatSuggest) {
  World world(double_nat());
  try {
    world.fabric().clear_state("gw_a");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the fabric has no gateway 'gw_a' (did you mean 'gw-a'?)");
  }
  EXPECT_THROW(world.fabric().port("a.eth1"), Error);
  EXPECT_THROW(world.fabric().attach("nowhere", {}), Error);
  EXPECT_THROW(world.fabric().cut("nobody", true), Error);
  EXPECT_THROW(world.fabric().segment_ports(99), Error);
}

TEST(Fabric, FlowsAreCountedWhereTheyComeIn) {
  World world(double_nat());
  for (int i = 0; i < 3; ++i)
    world.udp("a", 5000, r_port, "abc");
  const auto flows = world.fabric().flows();
  const auto find = [&](const std::string& port) {
    const auto row = std::ranges::find_if(
        flows, [&](const FlowRow& flow) { return flow.port == port && flow.protocol == "udp"; });
    return row == flows.end() ? FlowRow{} : *row;
  };
  const FlowRow inside = find("a.eth0");
  EXPECT_EQ(inside.source, "192.168.1.10:5000");
  EXPECT_EQ(inside.destination, "80.100.0.100:9");
  EXPECT_EQ(inside.frames, 3U);
  EXPECT_EQ(inside.bytes, 3U * 45);
  EXPECT_EQ(find("gw-a.outside").source, "80.100.0.1:5000");
}

TEST(Fabric, FlowsAreBounded) {
  World world(neighbours());
  world.taps.reserve(100'000);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    auto ends = world.addresses("x", static_cast<std::uint16_t>(i), at("10.0.0.2", 1));
    ends.source.address = Address::v4(0x0a000000 + i);
    world.send("x", wire::make_udp_frame(ends, bytes_of("x")));
  }
  const auto flows = world.fabric().flows();
  EXPECT_EQ(flows.size(), 16384U + 1);
  EXPECT_EQ(flows.back().source, "other");
  EXPECT_EQ(flows.back().frames, 20'000U - 16384);
}

/// Everything that comes out, as one string, of a fixed play with losses, delays and random ports.
std::string replay() {
  Network network = double_nat({.ports = nat::PortAssignment::random});
  for (Card& card : network.cards)
    card.profile = {.delay = 5ms, .jitter = 4ms, .loss_percent = 10, .duplicate_percent = 5};
  World world(network);
  for (int i = 0; i < 200; ++i) {
    world.udp("a", static_cast<std::uint16_t>(1000 + i), r_port, std::to_string(i));
    world.udp("b", static_cast<std::uint16_t>(1000 + i % 7), r_port, std::to_string(i));
    world.pass(1ms);
  }
  world.pass(1s);
  std::string all;
  for (const auto& tap : world.taps)
    all += tap.segment + tap.port + to_string(tap.drop) + std::to_string(tap.at.count()) +
           text_of(tap.frame);
  return all;
}

TEST(Fabric, TheSameInputsGiveTheSameBytes) {
  const std::string first = replay();
  EXPECT_GT(first.size(), 10'000U);
  EXPECT_EQ(first, replay());
}

struct Measured {
  std::vector<Time> delays;
  std::uint64_t lost = 0;
};

/// `count` frames from x to y, one each `interval`.
Measured measure(const Profile& profile, int count, Duration interval, std::size_t size = 100) {
  World world(neighbours(profile));
  world.udp("y", 1, at("10.0.0.1", 1), "learn");
  Measured measured;
  std::vector<Time> sent;
  const auto collect = [&] {
    for (const auto& got : world.take("y"))
      measured.delays.push_back(world.taps.back().at - sent[std::stoul(got.text())]);
  };
  for (int i = 0; i < count; ++i) {
    sent.push_back(world.now);
    std::string text = std::to_string(i);
    text.resize(size, ' ');
    world.udp("x", 1, at("10.0.0.2", 1), text);
    collect();
    for (Duration left = interval; left > Duration::zero();
         left -= std::min(left, Duration{10us})) {
      world.pass(std::min(left, Duration{10us}));
      collect();
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    world.pass(10us);
    collect();
  }
  measured.lost = world.dropped("x.eth0", DropReason::link_loss);
  return measured;
}

TEST(Link, DelayIsExact) {
  const Measured m = measure({.delay = 12345us}, 20, 1ms);
  ASSERT_EQ(m.delays.size(), 20U);
  for (const Time delay : m.delays)
    EXPECT_EQ(delay, 12345us);
}

TEST(Link, JitterStaysInItsBoundsAndFillsThem) {
  const Measured m = measure({.delay = 10ms, .jitter = 5ms}, 400, 1ms);
  ASSERT_EQ(m.delays.size(), 400U);
  const auto [least, most] = std::ranges::minmax(m.delays);
  EXPECT_GE(least, 5ms);
  EXPECT_LE(most, 15ms);
  EXPECT_LT(least, 6ms);
  EXPECT_GT(most, 14ms);
}

TEST(Link, LossAndDuplicationComeAsOftenAsTheySay) {
  EXPECT_NEAR(static_cast<double>(measure({.loss_percent = 20}, 5000, 10us).lost), 1000, 120);
  EXPECT_NEAR(
      static_cast<double>(measure({.duplicate_percent = 10}, 5000, 10us).delays.size()), 5500, 90);
}

TEST(Link, ReorderedFramesGoAtOnceAndInRunsWhenCorrelated) {
  const auto play = [](double correlation) {
    const Measured m = measure(
        {.delay = 10ms, .reorder_percent = 25, .correlation_percent = correlation}, 2000, 20us, 50);
    return std::ranges::count(m.delays, Time{0});
  };
  EXPECT_NEAR(static_cast<double>(play(0)), 500, 80);
  EXPECT_GT(play(50), 50);
  EXPECT_LT(play(50), 500); // a correlated draw has a narrower spread, as in netem
}

TEST(Link, RateSpacesFramesAndItsQueueIsBounded) {
  Profile profile;
  profile.rate_bits_per_second = 8'000'000; // a byte per microsecond
  const Measured m = measure(profile, 3, 0us, 1000 - 42);
  ASSERT_EQ(m.delays.size(), 3U);
  EXPECT_EQ(m.delays[0], 1ms);
  EXPECT_EQ(m.delays[2], 3ms);

  World world(neighbours(profile));
  for (int i = 0; i < 1500; ++i)
    world.udp("x", 1, at("10.0.0.2", 1), "x");
  EXPECT_EQ(world.dropped("x.eth0", DropReason::link_full), 500U);
  world.pass(10s);
  EXPECT_EQ(world.take("y").size(), 1000U);
}

} // namespace
} // namespace hermesh::testing
