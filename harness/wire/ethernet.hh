// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

/// IEEE 802.3 frames as a card gives them: no preamble, no frame check sequence.
///
///      0                   6                  12        14
///     +-------------------+-------------------+---------+------
///     |    destination    |      source       |  type   | data
///     +-------------------+-------------------+---------+------
inline constexpr std::size_t ethernet_header_size = 14;
/// Every link of the lab carries packets of at most so many bytes.
inline constexpr std::size_t ethernet_mtu = 1500;
inline constexpr std::size_t ethernet_frame_limit = ethernet_header_size + ethernet_mtu;

namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t ipv6 = 0x86dd;
} // namespace ether_type

struct EthernetHeader {
  MacAddress destination{};
  MacAddress source{};
  std::uint16_t type = 0;

  bool operator==(const EthernetHeader&) const = default;
};

inline std::optional<EthernetHeader> parse_ethernet(Bytes frame) {
  if (frame.size() < ethernet_header_size) return std::nullopt;
  return EthernetHeader{.destination = load_mac(frame.data()),
                        .source = load_mac(frame.data() + 6),
                        .type = load16(frame.data() + 12)};
}

/// `frame` holds at least ethernet_header_size bytes.
inline void write_ethernet(MutableBytes frame, const EthernetHeader& header) {
  store_mac(frame.data(), header.destination);
  store_mac(frame.data() + 6, header.source);
  store16(frame.data() + 12, header.type);
}

/// The group address for an IPv6 multicast address (RFC 2464 section 7).
inline MacAddress multicast_mac(const Address& ipv6) {
  const auto& b = ipv6.bytes();
  return {{0x33, 0x33, b[12], b[13], b[14], b[15]}};
}

} // namespace hermesh::wire
