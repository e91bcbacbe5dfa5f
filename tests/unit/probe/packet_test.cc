// SPDX-License-Identifier: MIT
#include "base/random.hh"
#include "probe/packet.hh"
#include "probe/protocol.hh"

#include <gtest/gtest.h>

#include <array>

namespace hermesh::probe {
namespace {

const Packet request{.stream = 0x01020304,
                     .sequence = 0x05060708,
                     .kind = PacketKind::request,
                     .reply_symbol = 5,
                     .time = 0x1112131415161718};

TEST(Packet, IsBigEndianAsTheProtocolSays) {
  const auto bytes = encode(request, header_bytes);
  const std::array<unsigned, header_bytes> wanted{'h',  'm',  'p',  'r',  1,    2,    3,    4,
                                                  5,    6,    7,    8,    0,    5,    0,    0,
                                                  0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
  ASSERT_EQ(bytes.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_EQ(std::to_integer<unsigned>(bytes[i]), wanted[i]) << "byte " << i;
}

TEST(Packet, RoundTripsAtEveryLengthOfTheCode) {
  for (std::uint32_t symbol = 0; symbol < symbols; ++symbol) {
    const auto bytes = encode(request, symbol_length(symbol));
    EXPECT_EQ(bytes.size(), 128 + 192 * symbol);
    EXPECT_EQ(decode(bytes), request);
  }
}

TEST(Packet, StrangersAreNotProbes) {
  auto bytes = encode(request, 128);
  EXPECT_EQ(decode(std::span(bytes).first(header_bytes - 1)), std::nullopt);
  EXPECT_EQ(decode({}), std::nullopt);
  auto other_magic = bytes;
  other_magic[0] = std::byte{'x'};
  EXPECT_EQ(decode(other_magic), std::nullopt);
  auto other_kind = bytes;
  other_kind[12] = std::byte{2};
  EXPECT_EQ(decode(other_kind), std::nullopt);
  bytes[13] = std::byte{symbols}; // would make the responder send a length outside the code
  EXPECT_EQ(decode(bytes), std::nullopt);
}

TEST(Packet, PaddingDoesNotCompress) {
  const auto bytes = encode(request, 1088);
  std::array<int, 256> counts{};
  for (const auto byte : std::span(bytes).subspan(header_bytes))
    ++counts[std::to_integer<std::size_t>(byte)];
  for (const auto count : counts)
    EXPECT_LT(count, 30); // about 4 expected
}

TEST(Code, UsesEverySymbolAboutEquallyAndChangesOften) {
  for (const std::uint64_t seed : {0ULL, 1ULL, 42ULL, 0xfedcba9876543210ULL}) {
    std::array<int, symbols> counts{};
    int changes = 0;
    for (std::uint32_t i = 0; i < 6000; ++i) {
      ++counts.at(code_symbol(seed, i, 0));
      if (code_symbol(seed, i, 0) != code_symbol(seed, i + 1, 0)) ++changes;
    }
    for (const auto count : counts)
      EXPECT_NEAR(count, 1000, 150) << "seed " << seed;
    EXPECT_NEAR(changes, 5000, 200) << "seed " << seed;
  }
}

TEST(Code, BothDirectionsDiffer) {
  int same = 0;
  for (std::uint32_t i = 0; i < 6000; ++i)
    if (code_symbol(7, i, 0) == code_symbol(7, i, 1)) ++same;
  EXPECT_NEAR(same, 1000, 200);
}

} // namespace
} // namespace hermesh::probe
