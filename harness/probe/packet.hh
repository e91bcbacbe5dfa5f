// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hermesh::probe {

enum class PacketKind : std::uint8_t { request, reply };

/// A probe packet's header, see protocol.hh.
struct Packet {
  std::uint32_t stream = 0;
  std::uint32_t sequence = 0;
  PacketKind kind = PacketKind::request;
  std::uint8_t reply_symbol = 0; ///< of a request: what its reply's length is to spell
  std::uint64_t time = 0;        ///< the sender's CLOCK_MONOTONIC, nanoseconds

  bool operator==(const Packet&) const = default;
};

/// `length` bytes, at least header_bytes. The padding is random (by stream and sequence), so that a
/// VPN that compresses cannot change the lengths.
std::vector<std::byte> encode(const Packet& packet, std::size_t length);

/// Empty when this is no probe packet.
std::optional<Packet> decode(std::span<const std::byte> bytes);

} // namespace hermesh::probe
