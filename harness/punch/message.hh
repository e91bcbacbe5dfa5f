// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hermesh::punch {

/// What punchers and their rendezvous server say to each other: one UDP datagram each, of one
/// length, unencrypted, so that the judge can follow each through the captures.
struct Message {
  enum class Kind : std::uint8_t {
    enrol,        ///< to the server: "I am this side of that session"
    introduction, ///< from the server: where the other side is; an unknown one has port 0
    punch,        ///< to the other side
    answer,       ///< to where a punch came from, with its sequence
  };

  Kind kind = Kind::enrol;
  std::uint8_t side = 0; ///< of the sender, 0 or 1; in an introduction, of the receiver
  std::uint64_t session = 0;
  std::uint32_t sequence = 0;
  Endpoint other{}; ///< of an introduction

  bool operator==(const Message&) const = default;
};

inline constexpr std::uint32_t magic = 0x686d7075; // "hmpu"
inline constexpr std::size_t message_bytes = 40;
using Encoded = std::array<std::byte, message_bytes>;

Encoded encode(const Message& message);
/// Empty when it is none.
std::optional<Message> decode(std::span<const std::byte> datagram);

} // namespace hermesh::punch
