// SPDX-License-Identifier: MIT
#include "certify/crafted.hh"

#include "wire/transport.hh"

#include <algorithm>

namespace hermesh::crafted {
namespace {

constexpr std::size_t quoted_of_upper = 8; // RFC 792
constexpr std::uint8_t port_unreachable_v4 = 3;
constexpr std::uint8_t port_unreachable_v6 = 4;
constexpr std::size_t fragment_size = 24; // of data; a multiple of eight
constexpr std::size_t fragment_header_size = 8;

wire::MutableBytes packet_of(Frame& frame) {
  return wire::MutableBytes(frame).subspan(wire::ethernet_header_size);
}
wire::Bytes packet_of(const Frame& frame) {
  return wire::Bytes(frame).subspan(wire::ethernet_header_size);
}

std::size_t plain_header_size(const Address& address) {
  return address.is_v4() ? wire::ipv4_header_size : wire::ipv6_header_size;
}

/// The ICMP or ICMPv6 message in a frame.
std::optional<wire::Bytes> message_in(const Frame& frame) {
  const auto ip = ip_of(frame);
  const auto protocol =
      ip && ip->source.is_v4() ? wire::ip_protocol::icmp : wire::ip_protocol::icmpv6;
  if (!ip || ip->protocol != protocol) return std::nullopt;
  return packet_of(frame).subspan(ip->header_size, ip->data_size());
}

/// The header of a piece, and the fragment header where IPv6 has it (RFC 8200 section 4.5).
void write_piece_header(wire::MutableBytes out, wire::IpHeader ip) {
  if (ip.source.is_v4()) return wire::write_ipv4(out, ip);
  const auto flags = ip.fragment_offset | (ip.more_fragments ? 1 : 0);
  std::byte* header = out.data() + wire::ipv6_header_size;
  wire::store8(header, ip.protocol);
  wire::store8(header + 1, 0);
  wire::store16(header + 2, static_cast<std::uint16_t>(flags));
  wire::store32(header + 4, ip.identification);
  ip.protocol = wire::ip_protocol::fragment;
  wire::write_ipv6(out, ip);
}

} // namespace

std::optional<wire::IpHeader> ip_of(const Frame& frame) {
  if (frame.size() < wire::ethernet_header_size) return std::nullopt;
  switch (wire::load16(frame.data() + 12)) {
  case wire::ether_type::ipv4: return wire::parse_ipv4(packet_of(frame));
  case wire::ether_type::ipv6: return wire::parse_ipv6(packet_of(frame));
  default: return std::nullopt;
  }
}

Frame unreachable(const wire::FrameAddresses& ends, wire::Bytes about) {
  const bool v4 = ends.source.address.is_v4();
  const std::size_t header = plain_header_size(ends.source.address);
  const auto quoted = about.first(std::min(about.size(), header + quoted_of_upper));
  const std::size_t size = header + wire::icmp_header_size + quoted.size();
  Frame frame(wire::ethernet_header_size + size);
  wire::write_ethernet(frame,
                       {.destination = ends.destination_mac,
                        .source = ends.source_mac,
                        .type = v4 ? wire::ether_type::ipv4 : wire::ether_type::ipv6});
  const wire::IpHeader ip{.total_size = static_cast<std::uint16_t>(size),
                          .protocol = v4 ? wire::ip_protocol::icmp : wire::ip_protocol::icmpv6,
                          .source = ends.source.address,
                          .destination = ends.destination.address};
  v4 ? wire::write_ipv4(packet_of(frame), ip) : wire::write_ipv6(packet_of(frame), ip);
  const auto message = packet_of(frame).subspan(header);
  std::ranges::copy(quoted, message.begin() + wire::icmp_header_size);
  if (v4)
    wire::write_icmp(message, {.type = wire::icmp_type::unreachable, .code = port_unreachable_v4});
  else
    wire::write_icmpv6(message,
                       {.type = wire::icmpv6_type::unreachable, .code = port_unreachable_v6},
                       ip.source,
                       ip.destination);
  return frame;
}

std::optional<wire::IcmpHeader> error_in(const Frame& frame) {
  const auto message = message_in(frame);
  if (!message) return std::nullopt;
  const bool v4 = ip_of(frame)->source.is_v4();
  const auto icmp = wire::parse_icmp(*message);
  const bool error =
      icmp && (v4 ? wire::is_icmp_error(icmp->type) : wire::is_icmpv6_error(icmp->type));
  return error ? icmp : std::nullopt;
}

std::optional<std::array<Endpoint, 2>> subject_of(const Frame& frame) {
  if (!error_in(frame)) return std::nullopt;
  const auto embedded = message_in(frame)->subspan(wire::icmp_header_size);
  const bool v4 = ip_of(frame)->source.is_v4();
  const auto inner = v4 ? wire::parse_embedded_ipv4(embedded) : wire::parse_embedded_ipv6(embedded);
  if (!inner || embedded.size() < std::size_t{inner->header_size} + 4) return std::nullopt;
  const std::byte* ports = embedded.data() + inner->header_size;
  return std::array{Endpoint{inner->source, wire::load16(ports)},
                    Endpoint{inner->destination, wire::load16(ports + 2)}};
}

std::vector<Frame> split(const Frame& whole, std::uint16_t identification) {
  auto ip = *ip_of(whole);
  const auto data = packet_of(whole).subspan(ip.header_size, ip.data_size());
  const bool v4 = ip.source.is_v4();
  const std::size_t header = plain_header_size(ip.source) + (v4 ? 0 : fragment_header_size);
  std::vector<Frame> pieces;
  for (std::size_t at = 0; at < data.size(); at += fragment_size) {
    const auto part = data.subspan(at, std::min(fragment_size, data.size() - at));
    Frame piece(wire::ethernet_header_size + header + part.size());
    std::ranges::copy(wire::Bytes(whole).first(wire::ethernet_header_size), piece.begin());
    ip.total_size = static_cast<std::uint16_t>(header + part.size());
    ip.dont_fragment = false;
    ip.more_fragments = at + part.size() < data.size();
    ip.fragment_offset = static_cast<std::uint16_t>(at);
    ip.identification = identification;
    write_piece_header(packet_of(piece), ip);
    std::ranges::copy(part, packet_of(piece).subspan(header).begin());
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

std::optional<Endpoint> joined(const std::vector<VirtualHosts::Received>& received,
                               VirtualHost host,
                               std::uint8_t protocol) {
  Frame data;
  std::size_t size = 0;
  std::optional<wire::IpHeader> last;
  for (const auto& one : received) {
    if (one.host != host) continue;
    const auto ip = ip_of(one.frame);
    if (!ip || !ip->is_fragment() || ip->protocol != protocol) continue;
    if (last && (last->source != ip->source || last->destination != ip->destination))
      return std::nullopt; // pieces of two packets now
    const auto part = packet_of(one.frame).subspan(ip->header_size, ip->data_size());
    data.resize(std::max(data.size(), ip->fragment_offset + part.size()));
    std::ranges::copy(part, data.begin() + ip->fragment_offset);
    size += part.size();
    last = ip;
  }
  if (!last || size != data.size() || size < 4 ||
      !wire::transport_checksum_ok(data, protocol, last->source, last->destination))
    return std::nullopt;
  return Endpoint{last->source, wire::load16(data.data())};
}

Frame divisible(Frame frame, std::uint16_t identification) {
  auto ip = *ip_of(frame);
  ip.dont_fragment = false;
  ip.identification = identification;
  wire::write_ipv4(packet_of(frame), ip);
  return frame;
}

} // namespace hermesh::crafted
