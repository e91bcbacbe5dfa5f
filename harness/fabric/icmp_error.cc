// SPDX-License-Identifier: MIT
#include "fabric/icmp_error.hh"

#include "wire/checksum.hh"
#include "wire/neighbour.hh"
#include "wire/rewrite.hh"

namespace hermesh {
namespace {

bool is_single_host(const Address& address) {
  if (address.is_unspecified()) return false;
  if (address.is_v6()) return !wire::is_ipv6_multicast(address);
  const std::uint32_t value = address.v4_value();
  return value >> 24 != 0 && value < 0xe0000000U;
}

bool may_be_answered(wire::Bytes packet, const wire::IpHeader& ip) {
  if (!ip.has_upper_header() || !is_single_host(ip.source)) return false;
  const bool v4 = ip.source.is_v4();
  if (ip.protocol != (v4 ? wire::ip_protocol::icmp : wire::ip_protocol::icmpv6)) return true;
  const auto icmp = wire::parse_icmp(packet.subspan(ip.header_size));
  if (!icmp) return false;
  return v4 ? wire::is_icmp_query(icmp->type) : !wire::is_icmpv6_error(icmp->type);
}

struct Ends {
  nat::Protocol protocol{};
  Endpoint source{};
  Endpoint destination{};
};

/// The ends of an embedded packet, of which eight bytes of upper header are there.
std::optional<Ends> ends_of(wire::Bytes packet, const wire::IpHeader& ip) {
  if (!ip.has_upper_header() || packet.size() < std::size_t{ip.header_size} + 8)
    return std::nullopt;
  const std::byte* p = packet.data() + ip.header_size;
  Ends ends{.source = {.address = ip.source, .port = wire::load16(p)},
            .destination = {.address = ip.destination, .port = wire::load16(p + 2)}};
  switch (ip.protocol) {
  case wire::ip_protocol::udp: ends.protocol = nat::Protocol::udp; return ends;
  case wire::ip_protocol::tcp: ends.protocol = nat::Protocol::tcp; return ends;
  case wire::ip_protocol::icmp:
    if (!wire::is_icmp_query(wire::load8(p))) return std::nullopt;
    ends.protocol = nat::Protocol::icmp;
    ends.source.port = ends.destination.port = wire::load16(p + 4);
    return ends;
  default: return std::nullopt;
  }
}

} // namespace

std::optional<IcmpError> IcmpError::about(wire::Bytes packet,
                                          const wire::IpHeader& ip,
                                          const Address& from,
                                          const wire::IcmpHeader& kind) {
  if (!may_be_answered(packet, ip)) return std::nullopt;
  const bool v4 = from.is_v4();
  const std::size_t header = v4 ? wire::ipv4_header_size : wire::ipv6_header_size;
  const std::size_t quoted = std::min<std::size_t>(ip.total_size, most_quoted);
  const std::size_t message = wire::icmp_header_size + quoted;
  IcmpError error;
  error.size_ = wire::ethernet_header_size + header + message;
  const auto out = error.frame().subspan(wire::ethernet_header_size);
  const wire::IpHeader outer{.total_size = static_cast<std::uint16_t>(header + message),
                             .protocol = v4 ? wire::ip_protocol::icmp : wire::ip_protocol::icmpv6,
                             .source = from,
                             .destination = ip.source};
  v4 ? wire::write_ipv4(out, outer) : wire::write_ipv6(out, outer);
  std::ranges::copy(packet.first(quoted),
                    out.begin() + static_cast<std::ptrdiff_t>(header + wire::icmp_header_size));
  const auto body = out.subspan(header);
  v4 ? wire::write_icmp(body, kind) : wire::write_icmpv6(body, kind, from, ip.source);
  return error;
}

nat::Refusal translate_icmp_error(wire::MutableBytes packet,
                                  const wire::IpHeader& ip,
                                  Crossing crossing,
                                  nat::Table& table,
                                  Time now,
                                  Address& new_outer) {
  const auto message = packet.subspan(ip.header_size, ip.data_size());
  const auto kind = wire::parse_icmp(message);
  if (!kind) return nat::Refusal::no_mapping;
  const auto embedded = message.subspan(wire::icmp_header_size);
  const auto inner = wire::parse_embedded_ipv4(embedded);
  if (!inner) return nat::Refusal::no_mapping;
  const auto ends = ends_of(embedded, *inner);
  if (!ends) return nat::Refusal::no_mapping;

  // Inbound, the embedded packet once left from our external end; outbound, it once came to the
  // inside one.
  const bool inbound = crossing == Crossing::inbound;
  const nat::Translation found =
      inbound ? table.inbound_error(ends->protocol, ends->source, ends->destination, now)
              : table.outbound_error(ends->protocol, ends->destination, ends->source, now);
  if (!found) return found.refusal;
  wire::rewrite_ipv4(
      embedded, *inner, inbound ? wire::End::source : wire::End::destination, found.endpoint);
  wire::write_icmp(message, *kind);
  // Where nothing is translated, a router further inside keeps its own address.
  const bool as_it_was = !inbound && found.endpoint == ends->destination;
  new_outer = as_it_was ? ip.source : found.endpoint.address;
  return nat::Refusal::none;
}

} // namespace hermesh
