// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hermesh::wire {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// Loads and stores in network byte order. They do not check bounds: parsers check a header's size
// once and then read it.
inline std::uint8_t load8(const std::byte* p) {
  return std::to_integer<std::uint8_t>(*p);
}
inline std::uint16_t load16(const std::byte* p) {
  return static_cast<std::uint16_t>(unsigned{load8(p)} << 8 | load8(p + 1));
}
inline std::uint32_t load32(const std::byte* p) {
  return std::uint32_t{load16(p)} << 16 | load16(p + 2);
}
inline void store8(std::byte* p, std::uint8_t value) {
  *p = std::byte{value};
}
inline void store16(std::byte* p, std::uint16_t value) {
  p[0] = static_cast<std::byte>(value >> 8);
  p[1] = static_cast<std::byte>(value & 0xff);
}
inline void store32(std::byte* p, std::uint32_t value) {
  store16(p, static_cast<std::uint16_t>(value >> 16));
  store16(p + 2, static_cast<std::uint16_t>(value & 0xffff));
}

inline MacAddress load_mac(const std::byte* p) {
  MacAddress mac;
  std::memcpy(mac.bytes.data(), p, mac.bytes.size());
  return mac;
}
inline void store_mac(std::byte* p, const MacAddress& mac) {
  std::memcpy(p, mac.bytes.data(), mac.bytes.size());
}

inline Address load_ipv4(const std::byte* p) {
  return Address::v4(load32(p));
}
inline void store_ipv4(std::byte* p, const Address& a) {
  std::memcpy(p, a.bytes().data() + 12, 4);
}
inline Address load_ipv6(const std::byte* p) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), p, bytes.size());
  return Address::v6(bytes);
}
inline void store_ipv6(std::byte* p, const Address& a) {
  std::memcpy(p, a.bytes().data(), 16);
}

} // namespace hermesh::wire
