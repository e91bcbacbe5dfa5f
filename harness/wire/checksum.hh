// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

namespace hermesh::wire {

/// The Internet checksum (RFC 1071). A "sum" is a one's complement sum in host byte order, of any
/// width, still to be folded; sums of even-length parts may be added.
std::uint64_t sum_of(Bytes data);

inline std::uint64_t sum_of_ipv4(std::uint32_t address) {
  return std::uint64_t{address >> 16} + (address & 0xffff);
}

/// Of the pseudo header that UDP, TCP and ICMPv6 checksums cover (RFC 768, RFC 8200 section 8.1).
std::uint64_t pseudo_header_sum(const Address& source,
                                const Address& destination,
                                std::uint8_t protocol,
                                std::size_t size);

inline std::uint16_t fold(std::uint64_t sum) {
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>((sum >> 16) + (sum & 0xffff));
}

/// What goes into a checksum field: over data whose own checksum field is zero.
inline std::uint16_t checksum_of(std::uint64_t sum) {
  return static_cast<std::uint16_t>(~fold(sum));
}

/// A checksum after a part of the data that summed to `before` was replaced by one that sums to
/// `after` (RFC 1624, equation 3).
inline std::uint16_t adjusted(std::uint16_t checksum, std::uint64_t before, std::uint64_t after) {
  const auto inverted = static_cast<std::uint16_t>(~checksum);
  const auto removed = static_cast<std::uint16_t>(~fold(before));
  return checksum_of(std::uint64_t{inverted} + removed + fold(after));
}

/// UDP writes a computed zero as all ones, since zero says "no checksum" (RFC 768).
inline std::uint16_t udp_checksum_field(std::uint16_t checksum) {
  return checksum == 0 ? std::uint16_t{0xffff} : checksum;
}

} // namespace hermesh::wire
