// SPDX-License-Identifier: MIT
#include "judge/frame.hh"

#include <algorithm>

namespace hermesh {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t ethernet_bytes = 14;
constexpr unsigned tcp = 6;
constexpr unsigned udp = 17;

/// How much of the payload tells it from others. Ciphertext, and a TLS record's first bytes behind
/// its header, are random; so much is left of either in the first 128 bytes of a frame, over IPv6
/// and with TCP options.
constexpr std::size_t udp_bytes_told = 64;
constexpr std::size_t tcp_bytes_told = 32;

std::uint64_t big_endian(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (const auto byte : bytes.subspan(at, count))
    value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

unsigned byte_at(Bytes bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

std::uint64_t hash(Bytes bytes, std::uint64_t state) {
  for (const auto byte : bytes)
    state = (state ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3ULL; // FNV-1a
  state = (state ^ (state >> 32)) * 0xd6e8feb86659fd93ULL;
  return state ^ (state >> 32);
}

/// Where the upper layer begins in an IP packet, and how long it is in the whole packet.
struct Upper {
  unsigned protocol = 0;
  std::size_t offset = 0;
  std::size_t length = 0;
  Bytes addresses{};
};

std::optional<Upper> read_v4(Bytes packet) {
  if (packet.size() < 20 || byte_at(packet, 0) >> 4 != 4) return std::nullopt;
  const std::size_t header = (byte_at(packet, 0) & 15U) * 4U;
  const auto total = static_cast<std::size_t>(big_endian(packet, 2, 2));
  if (header < 20 || total < header) return std::nullopt;
  if ((big_endian(packet, 6, 2) & 0x1fff) != 0)
    return std::nullopt; // a later fragment has no ports
  return Upper{.protocol = byte_at(packet, 9),
               .offset = header,
               .length = total - header,
               .addresses = packet.subspan(12, 8)};
}

std::optional<Upper> read_v6(Bytes packet) {
  if (packet.size() < 40 || byte_at(packet, 0) >> 4 != 6) return std::nullopt;
  auto length = static_cast<std::size_t>(big_endian(packet, 4, 2));
  std::size_t offset = 40;
  unsigned next = byte_at(packet, 6);
  const auto is_extension = [](unsigned kind) {
    return kind == 0 || kind == 43 || kind == 44 || kind == 60;
  };
  while (is_extension(next)) {
    if (packet.size() < offset + 8) return std::nullopt;
    const bool fragment = next == 44;
    if (fragment && (big_endian(packet, offset + 2, 2) & 0xfff8) != 0) return std::nullopt;
    const std::size_t size = fragment ? 8 : (byte_at(packet, offset + 1) + 1U) * 8U;
    if (size > length) return std::nullopt;
    next = byte_at(packet, offset);
    offset += size;
    length -= size;
  }
  return Upper{
      .protocol = next, .offset = offset, .length = length, .addresses = packet.subspan(8, 32)};
}

/// Header length and payload length of the upper layer.
struct Payload {
  std::size_t offset = 0;
  std::size_t length = 0;
};

std::optional<Payload> read_upper(Bytes segment, const Upper& upper) {
  if (upper.protocol == udp) {
    if (segment.size() < 8) return std::nullopt;
    const auto length = static_cast<std::size_t>(big_endian(segment, 4, 2));
    // The first fragment of a datagram says the length of the whole.
    if (length < 8) return std::nullopt;
    return Payload{8, length - 8};
  }
  if (segment.size() < 20) return std::nullopt;
  const std::size_t header = (byte_at(segment, 12) >> 4) * 4U;
  if (header < 20 || header > upper.length) return std::nullopt;
  return Payload{header, upper.length - header};
}

} // namespace

std::optional<std::uint64_t> source_mac(Bytes bytes) {
  if (bytes.size() < ethernet_bytes) return std::nullopt;
  return big_endian(bytes, 6, 6);
}

std::optional<FrameFacts> read_frame(Bytes bytes) {
  if (bytes.size() < ethernet_bytes) return std::nullopt;
  const auto type = big_endian(bytes, 12, 2);
  const auto packet = bytes.subspan(ethernet_bytes);
  const auto upper = type == 0x0800   ? read_v4(packet)
                     : type == 0x86dd ? read_v6(packet)
                                      : std::nullopt;
  if (!upper || (upper->protocol != udp && upper->protocol != tcp) || upper->offset > packet.size())
    return std::nullopt;
  const auto segment = packet.subspan(upper->offset);
  const auto payload = read_upper(segment, *upper);
  if (!payload) return std::nullopt;
  const bool is_udp = upper->protocol == udp;
  const auto kept = segment.subspan(std::min(payload->offset, segment.size()));
  const auto told =
      std::min({kept.size(), payload->length, is_udp ? udp_bytes_told : tcp_bytes_told});
  return FrameFacts{.udp = is_udp,
                    .source_mac = big_endian(bytes, 6, 6),
                    .target_mac = big_endian(bytes, 0, 6),
                    .flow = hash(segment.first(4), hash(upper->addresses, upper->protocol)),
                    .payload = hash(kept.first(told), payload->length << 8 | upper->protocol),
                    .length = static_cast<std::uint32_t>(payload->length)};
}

} // namespace hermesh
