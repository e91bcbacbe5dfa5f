// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hermesh {

/// An IPv4 or IPv6 address: one value type for both, so that no table has to be written twice.
/// IPv4 is held IPv4-mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2). Default: unspecified (::).
class Address {
public:
  constexpr Address() = default;

  /// `value` in host byte order: 0x50640001 is 80.100.0.1.
  static constexpr Address v4(std::uint32_t value) {
    Address a;
    a.bytes_[10] = a.bytes_[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i)
      a.bytes_[12 + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    return a;
  }
  static constexpr Address v6(const std::array<std::uint8_t, 16>& bytes) {
    Address a;
    a.bytes_ = bytes;
    return a;
  }
  /// Dotted quad or RFC 5952 text; empty when malformed.
  static std::optional<Address> parse(std::string_view text);

  constexpr bool is_v4() const {
    for (std::size_t i = 0; i < 10; ++i)
      if (bytes_[i] != 0) return false;
    return bytes_[10] == 0xff && bytes_[11] == 0xff;
  }
  constexpr bool is_v6() const { return !is_v4(); }
  constexpr bool is_unspecified() const { return bytes_ == std::array<std::uint8_t, 16>{}; }
  /// Host byte order; only for IPv4.
  constexpr std::uint32_t v4_value() const {
    return std::uint32_t{bytes_[12]} << 24 | std::uint32_t{bytes_[13]} << 16 |
           std::uint32_t{bytes_[14]} << 8 | bytes_[15];
  }
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  constexpr auto operator<=>(const Address&) const = default;

private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address and a port (an ICMP query's identifier counts as its port, RFC 5508 section 3).
struct Endpoint {
  Address address{};
  std::uint16_t port = 0;

  constexpr auto operator<=>(const Endpoint&) const = default;
};

/// A network: address with the host bits zero, and a length (0..32 for IPv4, 0..128 for IPv6).
struct Prefix {
  Address address{};
  unsigned length = 0;

  /// "80.100.0.0/16"; empty when malformed or when host bits are set.
  static std::optional<Prefix> parse(std::string_view text);

  bool contains(const Address& a) const;
  bool overlaps(const Prefix& other) const;
  /// The host number `host` of the network: 80.100.0.0/16 + 10 is 80.100.0.10.
  Address host(std::uint32_t host) const;
  /// The directed broadcast address; only for IPv4.
  Address broadcast() const;

  constexpr auto operator<=>(const Prefix&) const = default;
};

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  static std::optional<MacAddress> parse(std::string_view text);
  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  constexpr bool is_group() const { return (bytes[0] & 1) != 0; }

  constexpr auto operator<=>(const MacAddress&) const = default;
};

std::string to_string(const Address& address);
std::string to_string(const Endpoint& endpoint); ///< "80.100.0.1:53", "[3fff::1]:53"
std::string to_string(const Prefix& prefix);
std::string to_string(const MacAddress& mac);

/// A fast 64-bit mix for hash tables. Not stable across releases, not for anything that is stored.
inline std::uint64_t hash_of(const Address& address, std::uint64_t salt = 0) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes().data(), 8);
  std::memcpy(&low, address.bytes().data() + 8, 8);
  std::uint64_t h = (low ^ salt) * 0x9e3779b97f4a7c15ULL;
  h ^= h >> 32;
  h = (h ^ high) * 0xd6e8feb86659fd93ULL;
  return h ^ (h >> 32);
}
inline std::uint64_t hash_of(const Endpoint& endpoint, std::uint64_t salt = 0) {
  return hash_of(endpoint.address, salt ^ (std::uint64_t{endpoint.port} << 48 | endpoint.port));
}

} // namespace hermesh

template <>
struct std::hash<hermesh::Address> {
  std::size_t operator()(const hermesh::Address& a) const noexcept { return hermesh::hash_of(a); }
};
template <>
struct std::hash<hermesh::Endpoint> {
  std::size_t operator()(const hermesh::Endpoint& e) const noexcept { return hermesh::hash_of(e); }
};
template <>
struct std::hash<hermesh::MacAddress> {
  std::size_t operator()(const hermesh::MacAddress& m) const noexcept {
    std::uint64_t v = 0;
    std::memcpy(&v, m.bytes.data(), m.bytes.size());
    return (v * 0x9e3779b97f4a7c15ULL) >> 16;
  }
};
