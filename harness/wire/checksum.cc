// SPDX-License-Identifier: MIT
#include "wire/checksum.hh"

#include <bit>

namespace hermesh::wire {

// The sum is the same in either byte order but for a swap at the end (RFC 1071 section 2(B)), so
// the loop adds native words. Four 32-bit lanes per turn, so that the compiler can use vectors.
std::uint64_t sum_of(Bytes data) {
  std::array<std::uint64_t, 4> lanes{};
  const std::byte* p = data.data();
  std::size_t left = data.size();
  for (; left >= 16; p += 16, left -= 16) {
    std::array<std::uint32_t, 4> words{};
    std::memcpy(words.data(), p, 16);
    for (std::size_t i = 0; i < 4; ++i)
      lanes[i] += words[i];
  }
  std::uint64_t sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
  for (; left >= 2; p += 2, left -= 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, p, 2);
    sum += word;
  }
  if (left == 1) {
    std::uint16_t word = 0;
    std::memcpy(&word, p, 1);
    sum += word;
  }
  const std::uint16_t folded = fold(sum);
  if constexpr (std::endian::native == std::endian::big) return folded;
  return static_cast<std::uint16_t>(folded << 8 | folded >> 8);
}

std::uint64_t pseudo_header_sum(const Address& source,
                                const Address& destination,
                                std::uint8_t protocol,
                                std::size_t size) {
  // The mapped prefix of an IPv4 address would count twice 0xffff, which is zero in this
  // arithmetic, but zero and 0xffff differ once complemented: leave it out.
  const std::size_t skip = source.is_v4() ? 12 : 0;
  const auto part = [skip](const Address& a) {
    return sum_of(std::as_bytes(std::span(a.bytes())).subspan(skip));
  };
  return part(source) + part(destination) + protocol + (size >> 16) + (size & 0xffff);
}

} // namespace hermesh::wire
