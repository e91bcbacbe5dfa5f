// SPDX-License-Identifier: MIT
#include "base/random.hh"
#include "wire/checksum.hh"

#include <gtest/gtest.h>

#include <vector>

namespace hermesh::wire {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values)
    out.push_back(static_cast<std::byte>(v));
  return out;
}

std::vector<std::byte> random_bytes(Random& random, std::size_t size) {
  std::vector<std::byte> out(size);
  for (auto& b : out)
    b = static_cast<std::byte>(random.below(256));
  return out;
}

/// RFC 1071 section 4.1, word by word.
std::uint16_t plain_checksum(Bytes data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2)
    sum += unsigned{load8(&data[i])} << 8 | (i + 1 < data.size() ? load8(&data[i + 1]) : 0U);
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

TEST(Checksum, OfTheExampleInRfc1071) {
  // Section 3: the words 0001 f203 f4f5 f6f7 sum to ddf2.
  EXPECT_EQ(fold(sum_of(bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}))), 0xddf2);
}

TEST(Checksum, EqualsThePlainLoopForEveryLength) {
  Random random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const auto data = random_bytes(random, size);
    ASSERT_EQ(checksum_of(sum_of(data)), plain_checksum(data)) << size;
  }
  const std::vector<std::byte> ones(65535, std::byte{0xff});
  EXPECT_EQ(checksum_of(sum_of(ones)), plain_checksum(ones));
}

TEST(Checksum, AdjustedAsInRfc1624) {
  // Section 4: the checksum dd2f, a field that goes from 5555 to 3285: equation 3 gives 0000.
  EXPECT_EQ(adjusted(0xdd2f, 0x5555, 0x3285), 0x0000);
}

TEST(Checksum, AdjustingEqualsComputingAnew) {
  Random random(2);
  for (int round = 0; round < 20'000; ++round) {
    auto data = random_bytes(random, 40);
    const std::uint16_t before = plain_checksum(data);
    const auto at = random.below(16) * 2;
    const auto old_sum = sum_of(Bytes(data).subspan(at, 8));
    // Zeros and ones are where one's complement has two of each value.
    const auto kind = random.below(4);
    for (std::size_t i = at; i < at + 8; ++i)
      data[i] = kind == 0   ? std::byte{0}
                : kind == 1 ? std::byte{0xff}
                            : static_cast<std::byte>(random.below(256));
    const auto fresh = adjusted(before, old_sum, sum_of(Bytes(data).subspan(at, 8)));
    ASSERT_EQ(fresh, plain_checksum(data)) << round;
  }
}

TEST(Checksum, UdpNeverSendsAComputedZero) {
  EXPECT_EQ(udp_checksum_field(0), 0xffff);
  EXPECT_EQ(udp_checksum_field(1), 1);
}

} // namespace
} // namespace hermesh::wire
