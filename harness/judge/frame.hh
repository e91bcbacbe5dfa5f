// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hermesh {

/// What the judge keeps of a captured frame.
struct FrameFacts {
  bool udp = true;              ///< else TCP
  std::uint64_t source_mac = 0; ///< 48 bits
  std::uint64_t target_mac = 0;
  std::uint64_t flow = 0;    ///< a hash of addresses, ports and protocol
  std::uint64_t payload = 0; ///< a hash of the payload's first bytes, its length and the protocol
  std::uint32_t length = 0;  ///< of the UDP or TCP payload, bytes

  bool operator==(const FrameFacts&) const = default;
};

/// Reads as much of a frame as the capture kept. The wire layer's parsers refuse a frame that is
/// cut; this one needs no more than the headers and the first bytes of the payload, so that the 128
/// bytes which a large capture keeps are enough. Empty: neither UDP nor TCP, not the first
/// fragment, or malformed.
std::optional<FrameFacts> read_frame(std::span<const std::byte> bytes);

/// Source MAC of any Ethernet frame; empty when it is too short to have one.
std::optional<std::uint64_t> source_mac(std::span<const std::byte> bytes);

} // namespace hermesh
