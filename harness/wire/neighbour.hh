// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

// Neighbour discovery for IPv6 (RFC 4861): the messages as ICMPv6 data. Callers check the hop limit
// of 255 and the checksum.

/// A neighbour solicitation or advertisement.
struct NeighbourMessage {
  bool advertisement = false;
  bool router = false; ///< advertisements only, as the next two
  bool solicited = false;
  bool override_ = false;
  Address target{};
  std::optional<MacAddress>
      link_address{}; ///< source (solicitation) or target (advertisement) option

  bool operator==(const NeighbourMessage&) const = default;
};

inline constexpr std::size_t neighbour_message_size = 32; ///< with the link address option

/// `message` starts at the ICMPv6 header; empty when it is neither or is malformed (an option of
/// length zero, a truncated one).
std::optional<NeighbourMessage> parse_neighbour(Bytes message);

/// The whole ICMPv6 message with its checksum; `out` holds neighbour_message_size bytes, and the
/// link address is there.
void write_neighbour(MutableBytes out,
                     const NeighbourMessage& message,
                     const Address& source,
                     const Address& destination);

/// A router advertisement with one prefix.
struct RouterAdvertisement {
  std::uint16_t router_lifetime_seconds = 0; ///< 0: not a default router
  MacAddress link_address{};
  Prefix prefix{};
  bool autonomous = false; ///< hosts may make addresses of their own from the prefix (RFC 4862)
  std::uint32_t mtu = 1500;

  bool operator==(const RouterAdvertisement&) const = default;
};

inline constexpr std::size_t router_advertisement_size = 16 + 8 + 8 + 32;

std::optional<RouterAdvertisement> parse_router_advertisement(Bytes message);

/// The whole ICMPv6 message; `out` holds router_advertisement_size bytes.
void write_router_advertisement(MutableBytes out,
                                const RouterAdvertisement& advertisement,
                                const Address& source,
                                const Address& destination);

/// fe80::/64 and the modified EUI-64 of the card (RFC 4291 appendix A).
Address link_local_address(const MacAddress& mac);
/// ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1).
Address solicited_node_address(const Address& address);
Address all_nodes_address(); ///< ff02::1

inline bool is_link_local(const Address& a) {
  return a.bytes()[0] == 0xfe && (a.bytes()[1] & 0xc0) == 0x80;
}
inline bool is_ipv6_multicast(const Address& a) {
  return a.bytes()[0] == 0xff;
}

} // namespace hermesh::wire
