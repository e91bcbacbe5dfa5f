// SPDX-License-Identifier: MIT
//
// One guest takes all that it can get, of one thing each: what it can take is bounded, and what its
// neighbours have stays theirs.
#include "hostile_home.hh"
#include "wire/dhcp.hh"

#include <set>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

TEST_F(HostileFrames, AFloodOfFragmentsLeavesItsNeighboursRoom) {
  const auto whole = datagram(attacker(), 400);
  for (std::uint16_t id = 0; id < 5000; ++id)
    attack(fragment(whole, 200, 208, id)); // the last piece: nothing before it ever comes
  const auto fair = wire::make_udp_frame(world.addresses("a", victim_port, server),
                                         bytes_of(std::string(400, 'f')));
  world.take("r");
  world.send("a", fragment(fair, 200, 208, 7));
  world.send("a", fragment(fair, 0, 200, 7));
  EXPECT_EQ(world.take("r").size(), 2U);
  world.pass(1min);
  EXPECT_EQ(counted("gw-a", DropReason::fragment_timeout), 5000U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, GiantDhcpIsAnsweredOnceOrMalformed) {
  const auto discover = [&](std::size_t padding, const MacAddress& mac) {
    std::vector<std::byte> message(wire::dhcp_message_size);
    wire::write_dhcp(message, {.client_mac = mac});
    // The end comes after options that nobody knows.
    message.back() = std::byte{0};
    const auto end = std::ranges::find(message.rbegin(), message.rend(), std::byte{255});
    if (end != message.rend()) *end = std::byte{0};
    message.insert(message.end(), padding, std::byte{0});
    return message;
  };
  const auto send = [&](const std::vector<std::byte>& message) {
    attack(wire::make_udp_frame({.source_mac = world.card("c").mac,
                                 .destination_mac = MacAddress::broadcast(),
                                 .source = at("0.0.0.0", 68),
                                 .destination = at("255.255.255.255", 67)},
                                message));
  };
  send(discover(1100, world.card("c").mac));
  EXPECT_EQ(world.take("c").size(), 1U) << "an offer";
  auto overrun = discover(3, world.card("c").mac);
  overrun[overrun.size() - 3] = std::byte{60};
  overrun[overrun.size() - 2] = std::byte{255}; // an option that goes on beyond the message
  send(overrun);
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 1U);

  // Starvation: invented clients use up what is free, and nothing more.
  for (std::uint32_t i = 0; i < 2000; ++i)
    send(discover(0,
                  {{2, 7, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}}));
  world.take("c");
  std::vector<std::byte> fair(wire::dhcp_message_size);
  wire::write_dhcp(fair, {.client_mac = world.card("a").mac});
  world.take("a");
  world.send("a",
             wire::make_udp_frame({.source_mac = world.card("a").mac,
                                   .destination_mac = MacAddress::broadcast(),
                                   .source = at("0.0.0.0", 68),
                                   .destination = at("255.255.255.255", 67)},
                                  fair));
  const auto offers = world.take("a");
  ASSERT_EQ(offers.size(), 1U);
  const auto offer = wire::parse_dhcp(offers[0].summary.data);
  EXPECT_EQ(offer.value().yours, ip("192.168.1.10")) << "its own is kept for it";
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, ASynFloodEndsAtTheLastPort) {
  std::set<std::uint16_t> ports;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    auto ends = attacker(static_cast<std::uint16_t>(1 + i % 50'000));
    if (i >= 50'000) ends.source.address = ip("192.168.1.99");
    attack(wire::make_tcp_frame(ends, 0x02));
    if (i % 1000 == 999)
      for (const auto& came : world.take("r"))
        ports.insert(came.summary.source.port);
  }
  const auto refused = counted("gw-a", DropReason::nat_ports_exhausted);
  EXPECT_EQ(ports.size() + refused, 100'000U);
  EXPECT_LE(ports.size(), 65535U);
  EXPECT_GT(ports.size(), 60'000U);
  EXPECT_TRUE(goes_on());
  world.pass(5min); // no SYN of these is remembered for longer
  world.tcp("c", 1, server, 0x02);
  EXPECT_EQ(world.take("r").size(), 1U);
}

class LimitedHosts : public HostileFrames {
protected:
  LimitedHosts() : HostileFrames({.per_host_limit = 100}) {}
};

TEST_F(LimitedHosts, ExhaustMappingsOfTheirOwnOnly) {
  world.take("r");
  for (std::uint16_t port = 1; port <= 5000; ++port)
    attack(datagram(attacker(port)));
  EXPECT_EQ(world.take("r").size(), 100U);
  EXPECT_EQ(counted("gw-a", DropReason::nat_ports_exhausted), 4900U);
  world.udp("a", 7777, server, "a new one");
  EXPECT_EQ(world.take("r").size(), 1U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, MappingExhaustionStopsNewFlowsButNoOldOne) {
  for (std::uint32_t i = 0; i < 70'000; ++i) {
    auto ends = attacker(static_cast<std::uint16_t>(1 + i % 35'000));
    if (i >= 35'000) ends.source.address = ip("192.168.1.99");
    attack(wire::make_udp_frame(ends, {}));
    if (i % 1000 == 0) world.take("r");
  }
  EXPECT_GT(counted("gw-a", DropReason::nat_ports_exhausted), 4000U);
  EXPECT_TRUE(goes_on());
  // Its own gateway is full; the others are not.
  world.take("r");
  world.udp("b", 1, server, "elsewhere");
  EXPECT_EQ(world.take("r").size(), 1U);
}

TEST_F(HostileFrames, AScanKeepsNoNeighbourFromBeingFound) {
  world.pass(2min); // r has to be asked for again
  for (std::uint32_t i = 0; i < 5000; ++i)
    attack(datagram(attacker(1, {Address::v4(0x50640200 + i), 1}), 10));
  world.take("r");
  world.udp("a", victim_port, at("80.100.0.100", 9), "found");
  EXPECT_EQ(world.take("r").size(), 1U);
  world.pass(1min);
  EXPECT_EQ(counted("gw-a", DropReason::neighbour_unresolved), 5000U);
}

} // namespace
} // namespace hermesh::testing
