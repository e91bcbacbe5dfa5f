// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

#include <cstdint>
#include <string>

namespace hermesh::nat {

/// What a table keeps apart: a UDP and a TCP port of one number have nothing to do with each other.
enum class Protocol : std::uint8_t {
  udp,
  tcp,
  icmp, ///< queries; the identifier is the port (RFC 5508 section 3)
};
inline constexpr std::size_t protocol_count = 3;

/// The flags byte of a TCP header as it is on the wire (RFC 9293 section 3.1); 0 for other
/// protocols.
using TcpFlags = std::uint8_t;
namespace tcp {
inline constexpr TcpFlags fin = 0x01;
inline constexpr TcpFlags syn = 0x02;
inline constexpr TcpFlags rst = 0x04;
inline constexpr TcpFlags ack = 0x10;
} // namespace tcp

/// Why a packet may not pass. The gateway drops it silently: a NAT that answers an unsolicited SYN
/// breaks simultaneous open (RFC 5382 REQ-4).
enum class Refusal : std::uint8_t {
  none,
  no_mapping,      ///< nothing was ever sent from that external port, or too long ago
  filtered,        ///< a mapping is there, its filter refuses the remote
  ports_exhausted, ///< no external port is free on that protocol
  host_limit,      ///< the inside address has as many mappings as it may (RFC 6888 REQ-4)
  table_full,      ///< the limit on sessions is reached
};

/// What takes the place of the address and port that the table was asked about, or why nothing
/// does.
struct Translation {
  Endpoint endpoint{};
  Refusal refusal = Refusal::none;

  explicit operator bool() const { return refusal == Refusal::none; }
  bool operator==(const Translation&) const = default;
};

/// Both ends of a packet that stays on the inside (RFC 4787 section 6), or why it may not.
struct Hairpinned {
  Endpoint source{};
  Endpoint destination{};
  Refusal refusal = Refusal::none;

  explicit operator bool() const { return refusal == Refusal::none; }
  bool operator==(const Hairpinned&) const = default;
};

std::string to_string(Protocol protocol); ///< "udp"
std::string to_string(Refusal refusal);   ///< "no mapping"

} // namespace hermesh::nat
