// SPDX-License-Identifier: MIT
//
// One guest attacks, by one kind of frame each; its neighbour behind the same gateway has a flow
// that goes on. What the attacker sends is counted for a reason.
#include "hostile_home.hh"
#include "wire/transport.hh"

namespace hermesh::testing {
namespace {

TEST_F(HostileFrames, TruncatedAnywhereAreMalformed) {
  const auto whole = datagram(attacker());
  for (std::size_t size = 0; size < whole.size(); ++size)
    attack({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  EXPECT_EQ(counted("c.eth0", DropReason::malformed), 14U) << "no whole Ethernet header";
  EXPECT_EQ(counted("gw-a", DropReason::malformed), whole.size() - 14);
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, LargerThanAnyLinkAreTooBig) {
  for (const std::size_t size : {wire::ethernet_frame_limit + 1, std::size_t{65536}})
    attack(std::vector<std::byte>(size));
  EXPECT_EQ(counted("c.eth0", DropReason::too_big), 2U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, LengthsThatLieAreMalformed) {
  for (const std::uint16_t total :
       std::initializer_list<std::uint16_t>{0, 19, 27, 129, 1500, 65535}) {
    auto frame = datagram(attacker());
    wire::store16(frame.data() + 16, total);
    fix_checksum(frame);
    attack(std::move(frame));
  }
  for (const std::uint16_t length :
       std::initializer_list<std::uint16_t>{0, 7, 109, 65535}) { // of UDP
    auto frame = datagram(attacker());
    wire::store16(frame.data() + 38, length);
    attack(std::move(frame));
  }
  EXPECT_EQ(counted("gw-a", DropReason::malformed), sent);
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, ADatagramLongerThanAnyIsMalformed) {
  auto frame = datagram(attacker(), 1000);
  wire::store16(frame.data() + 20, 0x1fff); // the last piece, at 65 528: the "ping of death"
  fix_checksum(frame);
  attack(std::move(frame));
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 1U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, BadHeaderChecksumsAreMalformedAndOthersStayBad) {
  auto frame = datagram(attacker());
  frame[24] ^= std::byte{1};
  attack(frame);
  auto echo = wire::make_echo_frame(attacker(7, at("192.168.1.1", 7)), false, 1);
  echo[36] ^= std::byte{1};
  attack(echo);
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 2U);
  EXPECT_TRUE(world.take("c").empty()) << "no answer to a damaged question";

  // A NAT changes a checksum by what it changed (RFC 3022 section 4.2), so damage stays visible.
  auto damaged = datagram(attacker());
  damaged[50] ^= std::byte{1};
  attack(damaged);
  const auto came = world.take("r");
  ASSERT_EQ(came.size(), 1U);
  const auto packet = wire::Bytes(came[0].frame).subspan(14);
  const auto header = wire::parse_ipv4(packet).value();
  EXPECT_FALSE(wire::transport_checksum_ok(packet.subspan(20, header.data_size()),
                                           wire::ip_protocol::udp,
                                           header.source,
                                           header.destination));
  EXPECT_TRUE(goes_on());
}

/// A second look at the TCP flags, past the filter (RFC 1858 section 4).
TEST_F(HostileFrames, FragmentsThatWriteOverTheTcpHeaderPassNothing) {
  world.take("r");
  const auto whole = wire::make_tcp_frame(attacker(), 0x02, 1, bytes_of(std::string(80, 't')));
  attack(fragment(whole, 8, 40, 1)); // alone, and before the first
  attack(fragment(whole, 0, 40, 1));
  attack(fragment(whole, 16, 40, 1));
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_GE(counted("gw-a", DropReason::fragment_overlap) + counted("gw-a", DropReason::malformed),
            2U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, OverlapsEndTheirDatagram) {
  world.take("r");
  const auto whole = datagram(attacker(), 400);
  attack(fragment(whole, 0, 200, 2));
  for (const std::size_t from : {8U, 16U, 104U, 104U, 208U})
    attack(fragment(whole, from, 200, 2));
  EXPECT_EQ(world.take("r").size(), 1U) << "the first came before anything was wrong";
  EXPECT_EQ(counted("gw-a", DropReason::fragment_overlap), 5U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, IpOptionsArePassedOnOrMalformed) {
  world.take("r");
  const auto plain = datagram(attacker());
  for (std::size_t words = 1; words <= 10; ++words) {
    auto frame = plain;
    frame.insert(frame.begin() + 34, words * 4, std::byte{1}); // no operation
    frame[14] = static_cast<std::byte>(0x45 + words);
    wire::store16(frame.data() + 16, static_cast<std::uint16_t>(128 + words * 4));
    fix_checksum(frame);
    attack(std::move(frame));
  }
  const auto came = world.take("r");
  ASSERT_EQ(came.size(), 10U);
  for (const auto& one : came)
    EXPECT_EQ(one.text(), std::string(100, 'x'));
  for (int words = 0; words < 5; ++words) { // less than a header
    auto frame = plain;
    frame[14] = static_cast<std::byte>(0x40 + words);
    attack(std::move(frame));
  }
  auto beyond = wire::make_udp_frame(attacker(), {});
  beyond[14] = std::byte{0x4f}; // options that are not there
  attack(std::move(beyond));
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 6U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, ChainsOfExtensionHeadersEnd) {
  const auto plain = datagram(attacker(1000, at("2001:db8:1::100", 9)));
  const auto chained = [&](std::size_t count, std::uint8_t units) {
    auto frame = plain;
    std::vector<std::byte> chain;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::byte> header((units + 1U) * 8U);
      header[0] = std::byte{i + 1 == count ? wire::ip_protocol::udp
                                           : wire::ip_protocol::destination_options};
      header[1] = std::byte{units};
      chain.insert(chain.end(), header.begin(), header.end());
    }
    frame[20] = std::byte{wire::ip_protocol::destination_options};
    wire::store16(frame.data() + 18, static_cast<std::uint16_t>(108 + chain.size()));
    frame.insert(frame.begin() + 54, chain.begin(), chain.end());
    return frame;
  };
  attack(chained(8, 0));
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 0U) << "so many are read";
  attack(chained(9, 0));
  attack(chained(100, 0));
  auto lies = chained(1, 0);
  lies[55] = std::byte{255}; // a header of 2 KiB that is not there
  attack(std::move(lies));
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 3U);
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, AnothersMacTakesNothingAway) {
  for (const auto& mac : {world.card("a").mac, world.network().gateways[0].inside_macs[0]}) {
    auto ends = attacker();
    ends.source_mac = mac;
    attack(datagram(ends));
  }
  EXPECT_EQ(counted("c.eth0", DropReason::forged_source), 2U);
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_TRUE(goes_on()) << "what is for a still comes to a";
  EXPECT_TRUE(world.take("c").empty());
}

TEST_F(HostileFrames, ASourceThatIsNotOfTheSegmentGoesNowhere) {
  for (const auto* source : {"8.8.8.8", "80.100.0.100", "10.64.0.1", "127.0.0.1"}) {
    auto ends = attacker();
    ends.source.address = ip(source);
    attack(datagram(ends));
  }
  EXPECT_EQ(counted("gw-a", DropReason::no_route), 4U);
  for (const auto* source : {"0.0.0.1", "224.0.0.1", "255.255.255.255"}) {
    auto ends = attacker();
    ends.source.address = ip(source);
    attack(datagram(ends));
  }
  EXPECT_EQ(counted("gw-a", DropReason::malformed), 3U);
  auto six = attacker(1000, at("2001:db8:1::100", 9));
  six.source.address = ip("2001:db8:1::100");
  attack(datagram(six));
  EXPECT_EQ(counted("gw-a", DropReason::no_route), 5U);
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_TRUE(goes_on());
}

TEST_F(HostileFrames, OtherEtherTypesStayOnTheSegment) {
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{
           0x8100, 0x88cc, 0x888e, 0x0026, 0x9000, 0x8847, 0xffff}) {
    auto frame = datagram(attacker());
    wire::store16(frame.data() + 12, type);
    attack(frame);
  }
  EXPECT_EQ(counted("gw-a", DropReason::unsupported), sent);
  EXPECT_TRUE(world.take("r").empty());
  EXPECT_TRUE(goes_on());
}

} // namespace
} // namespace hermesh::testing
