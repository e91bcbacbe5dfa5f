// SPDX-License-Identifier: MIT
#include "table_fixture.hh"

#include <array>
#include <map>
#include <set>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;
using enum Dependence;

Endpoint host(std::uint32_t number, std::uint16_t port = 5000) {
  return {.address = Address::v4(0x0A000000 + number), .port = port};
}

class NatCapacity : public ::testing::TestWithParam<PortAssignment> {};

TEST_P(NatCapacity, SixtyThousandMappingsPerProtocolEachWithItsOwnPort) {
  auto nat = nat_with({.ports = GetParam()});
  for (const Protocol protocol : {Protocol::udp, Protocol::tcp, Protocol::icmp}) {
    std::set<std::uint16_t> ports;
    for (std::uint32_t i = 0; i < 64000; ++i) {
      const auto sent =
          nat.outbound(protocol, host(i / 4, static_cast<std::uint16_t>(5000 + i % 4)), peer, noon);
      ASSERT_TRUE(sent) << i;
      ASSERT_GE(sent.endpoint.port, 1024);
      ports.insert(sent.endpoint.port);
    }
    EXPECT_EQ(ports.size(), 64000U);
  }
  EXPECT_EQ(nat.size(), 192000U);
}

TEST_P(NatCapacity, WhenAllAreTakenTheNextIsRefusedAndTheOthersGoOn) {
  auto nat = nat_with({.ports = GetParam()});
  for (std::uint32_t i = 0; i < 64512; ++i)
    ASSERT_TRUE(nat.outbound(udp, host(i), peer, noon)) << i;
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), ports_exhausted);
  EXPECT_EQ(nat.session_count(), 64512U);
  EXPECT_TRUE(nat.outbound(udp, host(7), stranger, noon));
  EXPECT_TRUE(nat.outbound(Protocol::tcp, laptop, peer, noon)) << "another protocol, other ports";
}

TEST_P(NatCapacity, ExpiredPortsComeBack) {
  auto nat = nat_with({.ports = GetParam()});
  for (int round = 0; round < 3; ++round)
    for (std::uint32_t i = 0; i < 64512; ++i)
      ASSERT_TRUE(nat.outbound(udp, host(i), peer, noon + round * 1000s)) << round << ' ' << i;
  EXPECT_EQ(nat.size(), 64512U);
}

INSTANTIATE_TEST_SUITE_P(Ports,
                         NatCapacity,
                         ::testing::Values(PortAssignment::preserve, PortAssignment::random),
                         [](const auto& how) { return to_string(how.param); });

TEST(NatPorts, AThousandSocketsOfOneHostKeepAThousandPorts) {
  auto nat = nat_with({});
  for (std::uint16_t port = 30000; port < 31000; ++port)
    EXPECT_EQ(nat.outbound(udp, host(1, port), peer, noon).endpoint.port, port);
}

TEST(NatPorts, AClashKeepsParityAndRange) { // RFC 4787 REQ-3a, REQ-4
  auto nat = nat_with({});
  for (const std::uint16_t port : std::array<std::uint16_t, 4>{500, 501, 5060, 5061}) {
    nat.outbound(udp, host(1, port), peer, noon);
    for (std::uint32_t other = 2; other < 100; ++other) {
      const auto given = nat.outbound(udp, host(other, port), peer, noon).endpoint.port;
      EXPECT_NE(given, port);
      EXPECT_NE(given, 0);
      EXPECT_EQ(given % 2, port % 2);
      EXPECT_EQ(given < 1024, port < 1024);
    }
  }
}

TEST(NatPorts, ParityGivesWayBeforeAPacketIsLost) {
  auto nat = nat_with({});
  std::map<bool, int> by_parity;
  for (std::uint32_t i = 0; i < 1023; ++i) {
    const auto sent = nat.outbound(udp, host(i, 500), peer, noon);
    ASSERT_TRUE(sent) << i;
    ++by_parity[sent.endpoint.port % 2 == 0];
  }
  EXPECT_EQ(by_parity[true], 511); // 2, 4, ..., 1022: 0 is no port
  EXPECT_EQ(by_parity[false], 512);
  EXPECT_EQ(nat.outbound(udp, host(5000, 500), peer, noon), ports_exhausted);
}

TEST(NatPorts, PreservedOnceThenAnotherPerRemote) { // APDM must differ per remote
  auto nat = nat_with({.mapping = address_and_port_dependent});
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon).endpoint.port, laptop.port);
  EXPECT_NE(nat.outbound(udp, laptop, stranger, noon).endpoint.port, laptop.port);
}

TEST(NatPorts, RandomPortsAreSpreadOverTheRange) {
  auto nat = nat_with({.ports = PortAssignment::random});
  std::array<int, 4> quarters{};
  for (std::uint32_t i = 0; i < 4000; ++i)
    ++quarters.at((nat.outbound(udp, host(i), peer, noon).endpoint.port - 1024U) / 16128U);
  for (const int count : quarters)
    EXPECT_NEAR(count, 1000, 150);
}

TEST(NatLimits, SessionsAreBounded) {
  Table nat({.filtering = endpoint_independent}, wan, 1, 100);
  const auto external = nat.outbound(udp, laptop, peer, noon).endpoint;
  int refused = 0;
  for (std::uint16_t port = 1; port <= 1000; ++port) // a flood against a full-cone mapping
    refused +=
        nat.inbound(udp, {.address = stranger.address, .port = port}, external, noon) == table_full
            ? 1
            : 0;
  EXPECT_EQ(refused, 901);
  EXPECT_EQ(nat.session_count(), 100U);
  EXPECT_EQ(nat.outbound(udp, phone, peer, noon), table_full);
  EXPECT_EQ(nat.size(), 1U) << "a refused session leaves no mapping behind";
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), to(external)) << "what is there goes on";
  EXPECT_TRUE(nat.outbound(udp, phone, peer, noon + 1000s)) << "and room comes back";
}

} // namespace
} // namespace hermesh::nat
