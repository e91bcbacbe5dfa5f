// SPDX-License-Identifier: MIT
#include "wire/transport.hh"

#include "wire/checksum.hh"
#include "wire/ip.hh"

namespace hermesh::wire {

std::optional<UdpHeader> parse_udp(Bytes data, bool partial) {
  if (data.size() < udp_header_size) return std::nullopt;
  const std::byte* p = data.data();
  const UdpHeader header{.source = load16(p),
                         .destination = load16(p + 2),
                         .size = load16(p + 4),
                         .checksum = load16(p + 6)};
  if (header.size < udp_header_size || (!partial && header.size > data.size())) return std::nullopt;
  return header;
}

std::optional<TcpHeader> parse_tcp(Bytes data) {
  if (data.size() < tcp_header_size) return std::nullopt;
  const std::byte* p = data.data();
  const TcpHeader header{.source = load16(p),
                         .destination = load16(p + 2),
                         .sequence = load32(p + 4),
                         .acknowledgement = load32(p + 8),
                         .flags = load8(p + 13),
                         .header_size = static_cast<std::uint8_t>((load8(p + 12) >> 4) * 4),
                         .window = load16(p + 14)};
  if (header.header_size < tcp_header_size || header.header_size > data.size()) return std::nullopt;
  return header;
}

void write_udp(MutableBytes data,
               const Address& source,
               const Address& destination,
               std::uint16_t source_port,
               std::uint16_t destination_port) {
  std::byte* p = data.data();
  store16(p, source_port);
  store16(p + 2, destination_port);
  store16(p + 4, static_cast<std::uint16_t>(data.size()));
  store16(p + 6, 0);
  const auto sum =
      sum_of(data) + pseudo_header_sum(source, destination, ip_protocol::udp, data.size());
  store16(p + 6, udp_checksum_field(checksum_of(sum)));
}

void write_tcp(MutableBytes data,
               const Address& source,
               const Address& destination,
               const TcpHeader& header) {
  std::byte* p = data.data();
  store16(p, header.source);
  store16(p + 2, header.destination);
  store32(p + 4, header.sequence);
  store32(p + 8, header.acknowledgement);
  store8(p + 12, static_cast<std::uint8_t>(tcp_header_size / 4 << 4));
  store8(p + 13, header.flags);
  store16(p + 14, header.window);
  store32(p + 16, 0);
  const auto sum =
      sum_of(data) + pseudo_header_sum(source, destination, ip_protocol::tcp, data.size());
  store16(p + 16, checksum_of(sum));
}

bool transport_checksum_ok(Bytes data,
                           std::uint8_t protocol,
                           const Address& source,
                           const Address& destination) {
  if (protocol == ip_protocol::udp && source.is_v4() && data.size() >= udp_header_size &&
      load16(data.data() + 6) == 0)
    return true;
  std::uint64_t sum = sum_of(data);
  if (protocol != ip_protocol::icmp)
    sum += pseudo_header_sum(source, destination, protocol, data.size());
  return fold(sum) == 0xffff;
}

} // namespace hermesh::wire
