// SPDX-License-Identifier: MIT
#include "base/address.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace hermesh {
namespace {

/// Where the address's own bits begin in the 128: IPv4 sits in the last 32.
unsigned offset_of(const Address& address) {
  return address.is_v4() ? 96 : 0;
}

bool equal_bits(const Address& a, const Address& b, unsigned bits) {
  const auto whole = bits / 8;
  if (!std::equal(a.bytes().begin(), a.bytes().begin() + whole, b.bytes().begin())) return false;
  const auto rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (a.bytes()[whole] & mask) == (b.bytes()[whole] & mask);
}

std::optional<unsigned> parse_number(std::string_view text, unsigned limit) {
  unsigned value = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || problem != std::errc{} || rest != end || value > limit) return std::nullopt;
  return value;
}

} // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt; // inet_pton would stop there
  const std::string copy(text);
  in_addr v4_raw{};
  if (::inet_pton(AF_INET, copy.c_str(), &v4_raw) == 1) return v4(ntohl(v4_raw.s_addr));
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return v6(bytes);
  return std::nullopt;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto length = parse_number(text.substr(slash + 1), address->is_v4() ? 32 : 128);
  if (!length) return std::nullopt;
  const Prefix prefix{.address = *address, .length = *length};
  if (prefix.host(0) != *address) return std::nullopt;
  return prefix;
}

bool Prefix::contains(const Address& a) const {
  return a.is_v4() == address.is_v4() && equal_bits(a, address, offset_of(address) + length);
}

bool Prefix::overlaps(const Prefix& other) const {
  return length <= other.length ? contains(other.address) : other.contains(address);
}

Address Prefix::host(std::uint32_t host) const {
  auto bytes = address.bytes();
  const auto first = offset_of(address) + length; // first host bit
  for (unsigned bit = first; bit < 128; ++bit)
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> (bit % 8)));
  for (unsigned i = 0; i < 32 && 127 - i >= first; ++i)
    if ((host >> i & 1U) != 0)
      bytes[(127 - i) / 8] = static_cast<std::uint8_t>(bytes[(127 - i) / 8] | 1U << (i % 8));
  return Address::v6(bytes);
}

Address Prefix::broadcast() const {
  return host(0xffffffffU);
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress mac;
  if (text.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < 6; ++i) {
    if (i > 0 && text[3 * i - 1] != ':') return std::nullopt;
    const auto* const begin = text.data() + 3 * i;
    const auto [rest, problem] = std::from_chars(begin, begin + 2, mac.bytes[i], 16);
    if (problem != std::errc{} || rest != begin + 2) return std::nullopt;
  }
  return mac;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.is_v4()) {
    const in_addr raw{htonl(address.v4_value())};
    return ::inet_ntop(AF_INET, &raw, text.data(), text.size());
  }
  return ::inet_ntop(AF_INET6, address.bytes().data(), text.data(), text.size());
}

std::string to_string(const Endpoint& endpoint) {
  const auto port = std::to_string(endpoint.port);
  if (endpoint.address.is_v4()) return to_string(endpoint.address) + ":" + port;
  return "[" + to_string(endpoint.address) + "]:" + port;
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.address) + "/" + std::to_string(prefix.length);
}

std::string to_string(const MacAddress& mac) {
  std::array<char, 18> text{};
  const auto& b = mac.bytes;
  std::snprintf(text.data(),
                text.size(),
                "%02x:%02x:%02x:%02x:%02x:%02x",
                b[0],
                b[1],
                b[2],
                b[3],
                b[4],
                b[5]);
  return text.data();
}

} // namespace hermesh
