// SPDX-License-Identifier: MIT
#include "wire/ip.hh"

#include "wire/checksum.hh"

namespace hermesh::wire {
namespace {

constexpr std::uint16_t flag_dont_fragment = 0x4000;
constexpr std::uint16_t flag_more_fragments = 0x2000;
constexpr std::uint16_t offset_mask = 0x1fff;
constexpr int most_extension_headers = 8;

IpHeader read_ipv4(const std::byte* p) {
  const std::uint16_t fragment = load16(p + 6);
  return {.header_size = static_cast<std::uint16_t>((load8(p) & 0x0f) * 4),
          .total_size = load16(p + 2),
          .traffic_class = load8(p + 1),
          .hop_limit = load8(p + 8),
          .protocol = load8(p + 9),
          .dont_fragment = (fragment & flag_dont_fragment) != 0,
          .more_fragments = (fragment & flag_more_fragments) != 0,
          .fragment_offset = static_cast<std::uint16_t>((fragment & offset_mask) * 8),
          .identification = load16(p + 4),
          .source = load_ipv4(p + 12),
          .destination = load_ipv4(p + 16)};
}

bool is_ipv4(Bytes packet) {
  if (packet.size() < ipv4_header_size) return false;
  const std::uint8_t first = load8(packet.data());
  const std::size_t header = std::size_t{first & 0x0fU} * 4;
  return first >> 4 == 4 && header >= ipv4_header_size && header <= packet.size();
}

bool can_be_skipped(std::uint8_t header) {
  return header == ip_protocol::hop_by_hop || header == ip_protocol::routing ||
         header == ip_protocol::destination_options || header == ip_protocol::fragment;
}

/// Advances `header` over the extension headers; false when they are truncated or too many.
bool skip_extensions(Bytes packet, IpHeader& header) {
  for (int count = 0; can_be_skipped(header.protocol); ++count) {
    const std::size_t at = header.header_size;
    if (count == most_extension_headers || at + 8 > packet.size()) return false;
    const std::byte* p = packet.data() + at;
    const bool is_fragment = header.protocol == ip_protocol::fragment;
    const std::size_t size = is_fragment ? 8 : (std::size_t{load8(p + 1)} + 1) * 8;
    if (at + size > packet.size()) return false;
    if (is_fragment) {
      const std::uint16_t fragment = load16(p + 2);
      header.fragment_offset = static_cast<std::uint16_t>(fragment & 0xfff8);
      header.more_fragments = (fragment & 1) != 0;
      header.identification = load32(p + 4);
      header.fragment_data = static_cast<std::uint16_t>(at + size);
    }
    header.protocol = load8(p);
    header.header_size = static_cast<std::uint16_t>(at + size);
    if (header.fragment_offset != 0) break; // what follows is data
  }
  return true;
}

std::optional<IpHeader> read_ipv6(Bytes packet, bool embedded) {
  if (packet.size() < ipv6_header_size) return std::nullopt;
  const std::byte* p = packet.data();
  const std::size_t total = ipv6_header_size + load16(p + 4);
  if (load8(p) >> 4 != 6 || total > 0xffff || (!embedded && total > packet.size()))
    return std::nullopt;
  IpHeader header{.header_size = ipv6_header_size,
                  .total_size = static_cast<std::uint16_t>(total),
                  .traffic_class = static_cast<std::uint8_t>(load16(p) >> 4 & 0xff),
                  .hop_limit = load8(p + 7),
                  .protocol = load8(p + 6),
                  .dont_fragment = true,
                  .source = load_ipv6(p + 8),
                  .destination = load_ipv6(p + 24)};
  // An IPv4-mapped address never stands in a packet (RFC 4291 section 2.5.5.2), and would be taken
  // for IPv4 here.
  if (header.source.is_v4() || header.destination.is_v4()) return std::nullopt;
  if (!skip_extensions(packet.first(std::min(total, packet.size())), header)) return std::nullopt;
  return header;
}

} // namespace

std::optional<IpHeader> parse_ipv4(Bytes packet) {
  if (!is_ipv4(packet)) return std::nullopt;
  const IpHeader header = read_ipv4(packet.data());
  if (header.total_size < header.header_size || header.total_size > packet.size())
    return std::nullopt;
  // The last fragment may not reach beyond what a datagram can hold (the "ping of death").
  if (header.fragment_offset + header.data_size() > 0xffff) return std::nullopt;
  if (fold(sum_of(packet.first(header.header_size))) != 0xffff) return std::nullopt;
  return header;
}

std::optional<IpHeader> parse_embedded_ipv4(Bytes packet) {
  if (!is_ipv4(packet)) return std::nullopt;
  const IpHeader header = read_ipv4(packet.data());
  if (header.total_size < header.header_size) return std::nullopt;
  return header;
}

std::optional<IpHeader> parse_ipv6(Bytes packet) {
  return read_ipv6(packet, false);
}
std::optional<IpHeader> parse_embedded_ipv6(Bytes packet) {
  return read_ipv6(packet, true);
}

void write_ipv4(MutableBytes out, const IpHeader& header) {
  std::byte* p = out.data();
  store8(p, 0x45);
  store8(p + 1, header.traffic_class);
  store16(p + 2, header.total_size);
  store16(p + 4, static_cast<std::uint16_t>(header.identification & 0xffff));
  const auto flags = (header.dont_fragment ? flag_dont_fragment : 0) |
                     (header.more_fragments ? flag_more_fragments : 0) |
                     (header.fragment_offset / 8 & offset_mask);
  store16(p + 6, static_cast<std::uint16_t>(flags));
  store8(p + 8, header.hop_limit);
  store8(p + 9, header.protocol);
  store16(p + 10, 0);
  store_ipv4(p + 12, header.source);
  store_ipv4(p + 16, header.destination);
  store16(p + 10, checksum_of(sum_of(out.first(ipv4_header_size))));
}

void write_ipv6(MutableBytes out, const IpHeader& header) {
  std::byte* p = out.data();
  store32(p, 0x60000000U | std::uint32_t{header.traffic_class} << 20);
  store16(p + 4, static_cast<std::uint16_t>(header.total_size - ipv6_header_size));
  store8(p + 6, header.protocol);
  store8(p + 7, header.hop_limit);
  store_ipv6(p + 8, header.source);
  store_ipv6(p + 24, header.destination);
}

void decrement_ttl_ipv4(MutableBytes packet) {
  std::byte* p = packet.data();
  const std::uint16_t before = load16(p + 8); // TTL and protocol
  const auto after = static_cast<std::uint16_t>(before - 0x100);
  store16(p + 8, after);
  store16(p + 10, adjusted(load16(p + 10), before, after));
}

void decrement_hop_limit_ipv6(MutableBytes packet) {
  store8(packet.data() + 7, static_cast<std::uint8_t>(load8(packet.data() + 7) - 1));
}

} // namespace hermesh::wire
