// SPDX-License-Identifier: MIT
#include "probe/packet.hh"

#include "base/random.hh"
#include "probe/protocol.hh"

#include <algorithm>

namespace hermesh::probe {
namespace {

template <typename T>
void append(std::vector<std::byte>& out, T value) {
  for (std::size_t i = sizeof value; i-- > 0;)
    out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

template <typename T>
T read(std::span<const std::byte> bytes, std::size_t at) {
  T value = 0;
  for (const auto byte : bytes.subspan(at, sizeof(T)))
    value = static_cast<T>(value << 8 | std::to_integer<T>(byte));
  return value;
}

} // namespace

std::vector<std::byte> encode(const Packet& packet, std::size_t length) {
  std::vector<std::byte> out;
  out.reserve(std::max(length, header_bytes));
  append(out, magic);
  append(out, packet.stream);
  append(out, packet.sequence);
  out.push_back(static_cast<std::byte>(packet.kind));
  out.push_back(static_cast<std::byte>(packet.reply_symbol));
  append(out, std::uint16_t{0});
  append(out, packet.time);
  Random padding(packet.time ^ (std::uint64_t{packet.stream} << 32 | packet.sequence));
  while (out.size() < length)
    out.push_back(static_cast<std::byte>(padding.next() >> 56));
  return out;
}

std::optional<Packet> decode(std::span<const std::byte> bytes) {
  if (bytes.size() < header_bytes || read<std::uint32_t>(bytes, 0) != magic) return std::nullopt;
  const auto kind = std::to_integer<std::uint8_t>(bytes[12]);
  const auto symbol = std::to_integer<std::uint8_t>(bytes[13]);
  if (kind > 1 || symbol >= symbols) return std::nullopt;
  return Packet{.stream = read<std::uint32_t>(bytes, 4),
                .sequence = read<std::uint32_t>(bytes, 8),
                .kind = static_cast<PacketKind>(kind),
                .reply_symbol = symbol,
                .time = read<std::uint64_t>(bytes, 16)};
}

} // namespace hermesh::probe
