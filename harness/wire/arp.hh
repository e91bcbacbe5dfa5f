// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

/// Address resolution for IPv4 over Ethernet (RFC 826).
struct ArpPacket {
  enum class Operation : std::uint16_t { request = 1, reply = 2 };

  Operation operation = Operation::request;
  MacAddress sender_mac{};
  Address sender{};
  MacAddress target_mac{};
  Address target{};

  bool operator==(const ArpPacket&) const = default;
};

inline constexpr std::size_t arp_packet_size = 28;

/// Of an Ethernet frame's payload (padding after it is allowed); empty when truncated, not IPv4
/// over Ethernet, or neither request nor reply.
std::optional<ArpPacket> parse_arp(Bytes payload);

/// `out` holds at least arp_packet_size bytes.
void write_arp(MutableBytes out, const ArpPacket& packet);

} // namespace hermesh::wire
