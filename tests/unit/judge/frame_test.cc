// SPDX-License-Identifier: MIT
#include "base/random.hh"
#include "judge/frame.hh"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace hermesh {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const auto value : values)
    out.push_back(static_cast<std::byte>(value));
  return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes ethernet_v4 = bytes({2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0});
const Bytes ethernet_v6 = bytes({2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd});

Bytes v4(unsigned protocol, unsigned upper, unsigned fragment = 0, unsigned ttl = 64) {
  return bytes({0x45,
                0,
                (20 + upper) >> 8,
                (20 + upper) & 255,
                0,
                1,
                fragment >> 8,
                fragment & 255,
                ttl,
                protocol,
                0,
                0,
                10,
                0,
                0,
                1,
                10,
                0,
                0,
                2});
}

Bytes v6(unsigned next, unsigned length) {
  Bytes out = bytes({0x60, 0, 0, 0, length >> 8, length & 255, next, 64});
  for (unsigned i = 0; i < 32; ++i)
    out.push_back(static_cast<std::byte>(i));
  return out;
}

Bytes udp(unsigned payload, unsigned source_port = 1000) {
  return bytes(
      {source_port >> 8, source_port & 255, 0, 53, (8 + payload) >> 8, (8 + payload) & 255, 0, 0});
}

Bytes payload(std::size_t size, unsigned salt = 0) {
  Bytes out;
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::byte>(i * 31 + salt));
  return out;
}

TEST(Frame, ReadsUdpOverV4) {
  const auto facts = read_frame(ethernet_v4 + v4(17, 108) + udp(100) + payload(100));
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->udp);
  EXPECT_EQ(facts->length, 100U);
  EXPECT_EQ(facts->source_mac, 0x020000000001U);
  EXPECT_EQ(facts->target_mac, 0x020000000002U);
}

TEST(Frame, ThePayloadStaysTheSameWhenAGatewayRewritesHeaders) {
  const auto inside = read_frame(ethernet_v4 + v4(17, 108) + udp(100) + payload(100));
  const auto outside =
      read_frame(ethernet_v4 + v4(17, 108, 0, 63) + udp(100, 40000) + payload(100));
  EXPECT_EQ(inside->payload, outside->payload);
  EXPECT_NE(inside->flow, outside->flow);
  EXPECT_NE(inside->payload,
            read_frame(ethernet_v4 + v4(17, 108) + udp(100) + payload(100, 1))->payload);
  EXPECT_NE(inside->payload,
            read_frame(ethernet_v4 + v4(17, 109) + udp(101) + payload(101))->payload);
}

TEST(Frame, ACutFrameTellsTheSame) {
  const auto whole = ethernet_v6 + v6(17, 1008) + udp(1000) + payload(1000);
  const Bytes cut(whole.begin(), whole.begin() + 128);
  EXPECT_EQ(read_frame(whole), read_frame(cut));
}

TEST(Frame, PaddingOfAShortFrameIsNoPayload) {
  const auto exact = ethernet_v4 + v4(17, 12) + udp(4) + payload(4);
  EXPECT_EQ(read_frame(exact), read_frame(exact + Bytes(14)));
}

TEST(Frame, FindsTheUpperLayerBehindExtensionHeaders) {
  const auto hop_by_hop = bytes({17, 0, 1, 4, 0, 0, 0, 0});
  const auto facts =
      read_frame(ethernet_v6 + v6(0, 8 + 108) + hop_by_hop + udp(100) + payload(100));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->length, 100U);
}

TEST(Frame, TheFirstFragmentSpeaksForTheDatagram) {
  const auto first = read_frame(ethernet_v4 + v4(17, 1480, 0x2000) + udp(2000) + payload(1472));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->length, 2000U);
  EXPECT_FALSE(read_frame(ethernet_v4 + v4(17, 528, 185) + payload(528)));
  const auto later_v6 = bytes({17, 0, 0, 8 | 1, 0, 0, 0, 1});
  EXPECT_FALSE(read_frame(ethernet_v6 + v6(44, 8 + 108) + later_v6 + udp(100) + payload(100)));
}

TEST(Frame, TcpCountsItsPayloadOnly) {
  const auto tcp =
      bytes({1, 187, 4, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0x80, 0x18, 1, 0, 0, 0, 0, 0}) + Bytes(12);
  const auto facts = read_frame(ethernet_v4 + v4(6, 32 + 50) + tcp + payload(50));
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->udp);
  EXPECT_EQ(facts->length, 50U);
}

TEST(Frame, AnythingElseIsNothing) {
  EXPECT_FALSE(read_frame({}));
  EXPECT_FALSE(read_frame(ethernet_v4));
  EXPECT_FALSE(read_frame(ethernet_v4 + v4(1, 8) + Bytes(8)));  // ICMP
  EXPECT_FALSE(read_frame(ethernet_v4 + v4(17, 3) + Bytes(3))); // no room for a header
  EXPECT_FALSE(read_frame(bytes({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 6}) + Bytes(28))); // ARP
}

TEST(Frame, SurvivesAnyBytes) {
  Random random(99);
  for (int round = 0; round < 200'000; ++round) {
    Bytes frame(random.below(160));
    for (auto& byte : frame)
      byte = static_cast<std::byte>(random.next() >> 56);
    if (frame.size() > 15) { // mostly IP, so that what follows is reached
      const bool six = random.below(2) == 0;
      frame[12] = six ? std::byte{0x86} : std::byte{0x08};
      frame[13] = six ? std::byte{0xdd} : std::byte{0x00};
      frame[14] = static_cast<std::byte>((six ? 0x60U : 0x40U) | (random.below(12)));
    }
    if (frame.size() > 24)
      frame[random.below(2) == 0 ? 20 : 23] = random.below(2) == 0 ? std::byte{17} : std::byte{6};
    (void)read_frame(frame);
  }
}

} // namespace
} // namespace hermesh
