// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

inline constexpr std::size_t udp_header_size = 8;
inline constexpr std::size_t tcp_header_size = 20;

/// RFC 768. `checksum` zero: none was sent (IPv4 only).
struct UdpHeader {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  std::uint16_t size = 0; ///< header and data
  std::uint16_t checksum = 0;

  bool operator==(const UdpHeader&) const = default;
};

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t ack = 0x10;
} // namespace tcp_flag

/// RFC 9293, without options.
struct TcpHeader {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint8_t header_size = tcp_header_size; ///< bytes, options included
  std::uint16_t window = 0;

  bool operator==(const TcpHeader&) const = default;
};

/// `data` is what follows the IP header. Empty when truncated, or when the length field is below 8
/// or, unless `partial` (a first fragment or an embedded packet), beyond the data.
std::optional<UdpHeader> parse_udp(Bytes data, bool partial = false);
/// Empty when truncated or when the data offset is below 5 words or beyond the data.
std::optional<TcpHeader> parse_tcp(Bytes data);

/// Header and checksum in front of the payload that already lies in `data` (the whole UDP
/// datagram).
void write_udp(MutableBytes data,
               const Address& source,
               const Address& destination,
               std::uint16_t source_port,
               std::uint16_t destination_port);
/// Header without options and checksum; `data` is the whole segment.
void write_tcp(MutableBytes data,
               const Address& source,
               const Address& destination,
               const TcpHeader& header);

/// Is the checksum of a whole UDP datagram, TCP segment, ICMP or ICMPv6 message right? UDP over
/// IPv4 without a checksum passes.
bool transport_checksum_ok(Bytes data,
                           std::uint8_t protocol,
                           const Address& source,
                           const Address& destination);

} // namespace hermesh::wire
