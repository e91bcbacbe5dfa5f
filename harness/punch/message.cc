// SPDX-License-Identifier: MIT
#include "punch/message.hh"

#include <algorithm>

namespace hermesh::punch {
namespace {

template <typename T>
std::byte* put(std::byte* at, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;)
    *at++ = static_cast<std::byte>(value >> (8 * i));
  return at;
}

template <typename T>
T take(const std::byte*& at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(*at++);
  return static_cast<T>(value);
}

} // namespace

// 4 bytes magic, 1 kind, 1 side, 2 zero, 8 session, 4 sequence, 16 address, 2 port, 2 zero.
Encoded encode(const Message& message) {
  Encoded bytes{};
  auto* at = put(bytes.data(), magic);
  at = put(at, static_cast<std::uint8_t>(message.kind));
  at = put(at, message.side);
  at = put(at, std::uint16_t{0});
  at = put(at, message.session);
  at = put(at, message.sequence);
  for (const auto byte : message.other.address.bytes())
    at = put(at, byte);
  put(at, message.other.port);
  return bytes;
}

std::optional<Message> decode(std::span<const std::byte> datagram) {
  if (datagram.size() != message_bytes) return std::nullopt;
  const auto* at = datagram.data();
  if (take<std::uint32_t>(at) != magic) return std::nullopt;
  const auto kind = take<std::uint8_t>(at);
  Message message{.side = take<std::uint8_t>(at)};
  if (kind > static_cast<std::uint8_t>(Message::Kind::answer) || message.side > 1)
    return std::nullopt;
  message.kind = static_cast<Message::Kind>(kind);
  if (take<std::uint16_t>(at) != 0) return std::nullopt;
  message.session = take<std::uint64_t>(at);
  message.sequence = take<std::uint32_t>(at);
  std::array<std::uint8_t, 16> address{};
  std::ranges::generate(address, [&] { return take<std::uint8_t>(at); });
  message.other = {.address = Address::v6(address), .port = take<std::uint16_t>(at)};
  return message;
}

} // namespace hermesh::punch
