// SPDX-License-Identifier: MIT
#include "wire/frame.hh"

#include "wire/arp.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"

namespace hermesh::wire {
namespace {

/// Ports and payload of the upper layer; false when its header is malformed.
bool read_transport(FrameSummary& summary, Bytes data, bool partial) {
  const auto take = [&](std::uint16_t source, std::uint16_t destination, std::size_t header) {
    summary.source.port = source;
    summary.destination.port = destination;
    summary.data = data.subspan(header);
    return true;
  };
  switch (summary.protocol) {
  case ip_protocol::udp: {
    const auto udp = parse_udp(data, partial);
    if (!udp) return false;
    data = data.first(std::min<std::size_t>(udp->size, data.size()));
    return take(udp->source, udp->destination, udp_header_size);
  }
  case ip_protocol::tcp: {
    const auto tcp = parse_tcp(data);
    return tcp && take(tcp->source, tcp->destination, tcp->header_size);
  }
  case ip_protocol::icmp:
  case ip_protocol::icmpv6: {
    const auto icmp = parse_icmp(data);
    if (!icmp) return false;
    const bool query = summary.protocol == ip_protocol::icmp ? is_icmp_query(icmp->type)
                                                             : is_icmpv6_query(icmp->type);
    const std::uint16_t id = query ? icmp->identifier() : std::uint16_t{0};
    return take(id, id, 0);
  }
  default: summary.data = data; return true;
  }
}

/// Ethernet and IP headers around `data_size` bytes of upper layer, which the caller fills in.
std::vector<std::byte>
make_ip_frame(const FrameAddresses& a, std::uint8_t protocol, std::size_t data_size) {
  const bool v4 = a.source.address.is_v4();
  const std::size_t header = v4 ? ipv4_header_size : ipv6_header_size;
  std::vector<std::byte> frame(ethernet_header_size + header + data_size);
  write_ethernet(frame,
                 {.destination = a.destination_mac,
                  .source = a.source_mac,
                  .type = v4 ? ether_type::ipv4 : ether_type::ipv6});
  const IpHeader ip{.total_size = static_cast<std::uint16_t>(header + data_size),
                    .hop_limit = a.hop_limit,
                    .protocol = protocol,
                    .dont_fragment = true,
                    .source = a.source.address,
                    .destination = a.destination.address};
  const auto packet = MutableBytes(frame).subspan(ethernet_header_size);
  v4 ? write_ipv4(packet, ip) : write_ipv6(packet, ip);
  return frame;
}

MutableBytes upper_layer(std::vector<std::byte>& frame, const FrameAddresses& a) {
  const std::size_t header = a.source.address.is_v4() ? ipv4_header_size : ipv6_header_size;
  return MutableBytes(frame).subspan(ethernet_header_size + header);
}

std::vector<std::byte> make_arp(const MacAddress& to, const ArpPacket& packet) {
  std::vector<std::byte> frame(ethernet_header_size + arp_packet_size);
  write_ethernet(frame, {.destination = to, .source = packet.sender_mac, .type = ether_type::arp});
  write_arp(MutableBytes(frame).subspan(ethernet_header_size), packet);
  return frame;
}

} // namespace

std::optional<FrameSummary> summarise(Bytes frame) {
  const auto ethernet = parse_ethernet(frame);
  if (!ethernet) return std::nullopt;
  FrameSummary summary{.ether_type = ethernet->type};
  if (!summary.is_ip()) return summary;
  const Bytes packet = frame.subspan(ethernet_header_size);
  const auto ip = summary.ether_type == ether_type::ipv4 ? parse_ipv4(packet) : parse_ipv6(packet);
  if (!ip) return std::nullopt;
  summary.protocol = ip->protocol;
  summary.source.address = ip->source;
  summary.destination.address = ip->destination;
  summary.fragment = ip->is_fragment();
  const Bytes data = packet.subspan(ip->header_size, ip->data_size());
  if (!ip->has_upper_header()) {
    summary.data = data;
    return summary;
  }
  if (!read_transport(summary, data, ip->more_fragments)) return std::nullopt;
  return summary;
}

std::vector<std::byte> make_udp_frame(const FrameAddresses& a, Bytes payload) {
  auto frame = make_ip_frame(a, ip_protocol::udp, udp_header_size + payload.size());
  const auto data = upper_layer(frame, a);
  std::ranges::copy(payload, data.begin() + udp_header_size);
  write_udp(data, a.source.address, a.destination.address, a.source.port, a.destination.port);
  return frame;
}

std::vector<std::byte>
make_tcp_frame(const FrameAddresses& a, std::uint8_t flags, std::uint32_t sequence, Bytes payload) {
  auto frame = make_ip_frame(a, ip_protocol::tcp, tcp_header_size + payload.size());
  const auto data = upper_layer(frame, a);
  std::ranges::copy(payload, data.begin() + tcp_header_size);
  write_tcp(data,
            a.source.address,
            a.destination.address,
            {.source = a.source.port,
             .destination = a.destination.port,
             .sequence = sequence,
             .flags = flags,
             .window = 0xffff});
  return frame;
}

std::vector<std::byte>
make_echo_frame(const FrameAddresses& a, bool reply, std::uint16_t sequence, Bytes payload) {
  const bool v4 = a.source.address.is_v4();
  auto frame = make_ip_frame(
      a, v4 ? ip_protocol::icmp : ip_protocol::icmpv6, icmp_header_size + payload.size());
  const auto data = upper_layer(frame, a);
  std::ranges::copy(payload, data.begin() + icmp_header_size);
  const std::uint32_t rest = std::uint32_t{a.source.port} << 16 | sequence;
  if (v4)
    write_icmp(data,
               {.type = reply ? icmp_type::echo_reply : icmp_type::echo_request, .rest = rest});
  else
    write_icmpv6(
        data,
        {.type = reply ? icmpv6_type::echo_reply : icmpv6_type::echo_request, .rest = rest},
        a.source.address,
        a.destination.address);
  return frame;
}

std::vector<std::byte>
make_arp_request(const MacAddress& sender_mac, const Address& sender, const Address& target) {
  return make_arp(MacAddress::broadcast(),
                  {.sender_mac = sender_mac, .sender = sender, .target = target});
}

std::vector<std::byte> make_arp_reply(const MacAddress& sender_mac,
                                      const Address& sender,
                                      const MacAddress& target_mac,
                                      const Address& target) {
  return make_arp(target_mac,
                  {.operation = ArpPacket::Operation::reply,
                   .sender_mac = sender_mac,
                   .sender = sender,
                   .target_mac = target_mac,
                   .target = target});
}

} // namespace hermesh::wire
