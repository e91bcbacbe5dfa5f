// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"
#include "wire/ip.hh"

#include <optional>

namespace hermesh::wire {

namespace icmp_type { // RFC 792
inline constexpr std::uint8_t echo_reply = 0;
inline constexpr std::uint8_t unreachable = 3;
inline constexpr std::uint8_t echo_request = 8;
inline constexpr std::uint8_t time_exceeded = 11;
inline constexpr std::uint8_t parameter_problem = 12;
inline constexpr std::uint8_t timestamp_request = 13;
inline constexpr std::uint8_t timestamp_reply = 14;
} // namespace icmp_type

namespace icmpv6_type { // RFC 4443, RFC 4861
inline constexpr std::uint8_t unreachable = 1;
inline constexpr std::uint8_t packet_too_big = 2;
inline constexpr std::uint8_t time_exceeded = 3;
inline constexpr std::uint8_t parameter_problem = 4;
inline constexpr std::uint8_t echo_request = 128;
inline constexpr std::uint8_t echo_reply = 129;
inline constexpr std::uint8_t router_solicitation = 133;
inline constexpr std::uint8_t router_advertisement = 134;
inline constexpr std::uint8_t neighbour_solicitation = 135;
inline constexpr std::uint8_t neighbour_advertisement = 136;
inline constexpr std::uint8_t redirect = 137;
} // namespace icmpv6_type

namespace icmp_code {
inline constexpr std::uint8_t fragmentation_needed = 4; // of unreachable
inline constexpr std::uint8_t hop_limit = 0;            // of time exceeded
} // namespace icmp_code

inline constexpr std::size_t icmp_header_size = 8;

/// The first eight bytes of an ICMP or ICMPv6 message. `rest` is identifier and sequence number for
/// queries, and an MTU for "fragmentation needed" and "packet too big".
struct IcmpHeader {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint16_t checksum = 0;
  std::uint32_t rest = 0;

  std::uint16_t identifier() const { return static_cast<std::uint16_t>(rest >> 16); }
  bool operator==(const IcmpHeader&) const = default;
};

/// Empty when truncated. Does not look at the checksum.
std::optional<IcmpHeader> parse_icmp(Bytes data);

/// Queries carry an identifier that a NAT translates like a port (RFC 5508 section 3).
inline bool is_icmp_query(std::uint8_t type) {
  return type == icmp_type::echo_request || type == icmp_type::echo_reply ||
         type == icmp_type::timestamp_request || type == icmp_type::timestamp_reply;
}
/// Errors carry the head of the packet that they are about.
inline bool is_icmp_error(std::uint8_t type) {
  return type == icmp_type::unreachable || type == icmp_type::time_exceeded ||
         type == icmp_type::parameter_problem;
}
inline bool is_icmpv6_query(std::uint8_t type) {
  return type == icmpv6_type::echo_request || type == icmpv6_type::echo_reply;
}
inline bool is_icmpv6_error(std::uint8_t type) {
  return type < 128;
}

/// Header and checksum in front of the data that already lies in `message`.
void write_icmp(MutableBytes message, const IcmpHeader& header);
void write_icmpv6(MutableBytes message,
                  const IcmpHeader& header,
                  const Address& source,
                  const Address& destination);

} // namespace hermesh::wire
