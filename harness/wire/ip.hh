// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0;
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t destination_options = 60;
} // namespace ip_protocol

/// What both versions have in common, and all that a gateway needs (RFC 791, RFC 8200). Fragment
/// offsets are in bytes. For IPv6, `header_size` includes the extension headers that were skipped
/// and `protocol` is the upper layer's, or the first header that could not be skipped.
struct IpHeader {
  std::uint16_t header_size = 0;
  std::uint16_t total_size = 0; ///< header and data, of this fragment
  std::uint8_t traffic_class = 0;
  std::uint8_t hop_limit = 64;
  std::uint8_t protocol = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;
  std::uint32_t identification = 0;
  std::uint16_t fragment_data = 0; ///< IPv6: behind the fragment header; 0: there is none
  Address source{};
  Address destination{};

  bool is_fragment() const { return more_fragments || fragment_offset != 0; }
  /// Does the upper layer's header stand in this packet?
  bool has_upper_header() const { return fragment_offset == 0; }
  /// A later fragment that would write over the TCP header of the first, which a filter saw: an
  /// attack, and nothing else (RFC 1858 section 4, RFC 3128; RFC 5722 for IPv6).
  bool overlaps_tcp_header() const {
    return protocol == ip_protocol::tcp && fragment_offset != 0 && fragment_offset < 20;
  }
  std::size_t data_size() const { return std::size_t{total_size} - header_size; }
  /// Of what a fragment's offset counts: of IPv6 that begins with headers that were skipped.
  std::size_t fragment_size() const {
    return std::size_t{total_size} - (fragment_data != 0 ? fragment_data : header_size);
  }
  bool operator==(const IpHeader&) const = default;
};

inline constexpr std::size_t ipv4_header_size = 20;
inline constexpr std::size_t ipv6_header_size = 40;

/// Of an Ethernet frame's payload (padding after it is allowed). Empty when truncated, of another
/// version, with lengths that contradict each other, or with a wrong header checksum.
std::optional<IpHeader> parse_ipv4(Bytes packet);

/// The same without the checksum, and with a total size that may exceed what is there: for the
/// packet embedded in an ICMP error, of which eight bytes of data suffice (RFC 792).
std::optional<IpHeader> parse_embedded_ipv4(Bytes packet);

/// Skips hop-by-hop, routing, destination options and fragment headers. Empty when truncated or
/// when there are more than eight of them.
std::optional<IpHeader> parse_ipv6(Bytes packet);

/// The same for the packet embedded in an ICMPv6 error.
std::optional<IpHeader> parse_embedded_ipv6(Bytes packet);

/// A header without options and its checksum; header_size is not read. `out`: at least 20 bytes.
void write_ipv4(MutableBytes out, const IpHeader& header);

/// A header without extensions; `out`: at least 40 bytes.
void write_ipv6(MutableBytes out, const IpHeader& header);

/// One hop less, and the checksum after it. The packet was parsed and its TTL is at least 1.
void decrement_ttl_ipv4(MutableBytes packet);
void decrement_hop_limit_ipv6(MutableBytes packet);

} // namespace hermesh::wire
