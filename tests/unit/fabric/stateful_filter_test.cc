// SPDX-License-Identifier: MIT
// What a firewall of IPv6 remembers, and how much of it.
#include "fabric/stateful_filter.hh"
#include "wire/ip.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
namespace ip_protocol = wire::ip_protocol;

constexpr std::uint8_t esp = 50; // has no ports
constexpr Time noon = 12h;

Endpoint numbered(std::string_view prefix, std::size_t number, std::uint16_t port) {
  auto bytes = Address::parse(prefix).value().bytes();
  for (std::size_t i = 15; number != 0; number >>= 8)
    bytes.at(i--) = static_cast<std::uint8_t>(number);
  return {.address = Address::v6(bytes), .port = port};
}
Endpoint inner(std::size_t number, std::uint16_t port = 0) {
  return numbered("2001:db8:a::", number, port);
}
Endpoint outer(std::size_t number, std::uint16_t port = 0) {
  return numbered("2001:db8:1::", number, port);
}

StatefulFilter filter_with(const nat::Behaviour& behaviour) {
  return {behaviour, 7};
}

TEST(StatefulFilter, KnowsWhatHasNoPortsByItsAddresses) {
  auto filter = filter_with({.timers = {.icmp = 60s}});
  EXPECT_TRUE(filter.outbound(esp, inner(1), outer(1), noon, 0));
  EXPECT_TRUE(filter.knows(esp, inner(1), outer(1), noon + 60s));
  EXPECT_TRUE(filter.inbound(esp, inner(1), outer(1), noon + 60s, 0));
  EXPECT_FALSE(filter.inbound(esp, inner(1), outer(2), noon + 60s, 0));
  EXPECT_FALSE(filter.inbound(esp + 1, inner(1), outer(1), noon + 60s, 0));
  EXPECT_TRUE(filter.inbound(esp, inner(1), outer(1), noon + 120s, 0)) << "inbound refreshes";
  EXPECT_FALSE(filter.inbound(esp, inner(1), outer(1), noon + 181s, 0));
}

TEST(StatefulFilter, AFullOneTakesNothingWithoutPortsThatHasEnded) {
  auto filter = filter_with({.timers = {.icmp = 60s}});
  EXPECT_TRUE(filter.outbound(esp, inner(1), outer(1), noon, 0));
  filter.fill(true);
  EXPECT_TRUE(filter.outbound(esp, inner(1), outer(1), noon + 60s, 0));
  EXPECT_FALSE(filter.outbound(esp, inner(1), outer(2), noon + 60s, 0));
  EXPECT_FALSE(filter.outbound(esp, inner(1), outer(1), noon + 121s, 0));
  filter.fill(false);
  EXPECT_TRUE(filter.outbound(esp, inner(1), outer(1), noon + 121s, 0));
}

TEST(StatefulFilter, AFullOneIsFullBeforeItsFirstPacket) {
  auto filter = filter_with({});
  filter.fill(true);
  EXPECT_FALSE(filter.outbound(ip_protocol::udp, inner(1, 5), outer(1, 9), noon, 0));
}

TEST(StatefulFilter, AgesAndForgets) {
  auto filter = filter_with({.timers = {.udp_unreplied = 30s, .icmp = 60s}});
  const auto knows = [&](std::uint8_t protocol, Time now) {
    return filter.knows(protocol, inner(1, 5), outer(1, 9), now);
  };
  for (const auto protocol : {ip_protocol::udp, esp})
    filter.outbound(protocol, inner(1, 5), outer(1, 9), noon, 0);
  filter.age(40s);
  EXPECT_FALSE(knows(ip_protocol::udp, noon));
  EXPECT_TRUE(knows(esp, noon));
  filter.clear();
  EXPECT_FALSE(knows(esp, noon));
  for (const auto protocol : {ip_protocol::udp, esp})
    filter.outbound(protocol, inner(1, 5), outer(1, 9), noon, 0);
  EXPECT_TRUE(knows(ip_protocol::udp, noon + 30s)) << "as if it had not been aged";
  EXPECT_TRUE(knows(esp, noon + 60s));
}

TEST(StatefulFilter, AnOpenOneNeverRunsOutOfRoom) { // RFC 6092 REC-49
  auto filter = filter_with({.ipv6 = nat::Ipv6::open});
  filter.fill(true);
  EXPECT_TRUE(filter.outbound(ip_protocol::udp, inner(1, 5), outer(1, 9), noon, 0));
  EXPECT_TRUE(filter.inbound(ip_protocol::udp, inner(2, 5), outer(1, 9), noon, 0));
}

TEST(StatefulFilter, IsBounded) {
  auto filter = filter_with({});
  int taken = 0;
  for (std::size_t i = 1; i <= 70'000; ++i) {
    taken += filter.outbound(ip_protocol::udp, inner(1, 5), outer(i, 9), noon, 0) ? 1 : 0;
    taken += filter.outbound(esp, inner(1), outer(i), noon, 0) ? 1 : 0;
  }
  EXPECT_EQ(taken, int{StatefulFilter::most_entries});
  EXPECT_TRUE(filter.inbound(ip_protocol::udp, inner(1, 5), outer(1, 9), noon, 0));
  EXPECT_TRUE(filter.outbound(ip_protocol::udp, inner(1, 5), outer(70'000, 9), noon + 1h, 0));
  EXPECT_TRUE(filter.outbound(esp, inner(1), outer(70'000), noon + 1h, 0));
}

// Connections that were closed go long before established ones would.
TEST(StatefulFilter, ClosedConnectionsMakeRoom) {
  namespace tcp = nat::tcp;
  auto filter = filter_with({});
  const auto ends = [&](auto way, std::size_t i, Time now, nat::TcpFlags flags) {
    return (filter.*way)(ip_protocol::tcp, inner(1, 5), outer(i, 443), now, flags);
  };
  const auto out = &StatefulFilter::outbound;
  const auto in = &StatefulFilter::inbound;
  std::size_t i = 1;
  for (; ends(out, i, noon, tcp::syn); ++i) {
    ASSERT_LE(i, StatefulFilter::most_entries);
    ends(in, i, noon, tcp::syn | tcp::ack);
    ends(out, i, noon, tcp::fin | tcp::ack);
    ends(in, i, noon, tcp::fin | tcp::ack);
  }
  EXPECT_FALSE(ends(out, i, noon + 4min, tcp::syn));
  EXPECT_TRUE(ends(out, i, noon + 4min + 10ms, tcp::syn));
}

} // namespace
} // namespace hermesh
