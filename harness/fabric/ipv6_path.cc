// SPDX-License-Identifier: MIT
#include "fabric/ipv6_path.hh"

#include "fabric/core.hh"
#include "fabric/icmp_error.hh"
#include "fabric/reserved_addresses.hh"
#include "wire/transport.hh"

#include <algorithm>

namespace hermesh {
Ipv6Path::Ipv6Path(Core& core, const GatewayPlan& plan, std::deque<Interface>& interfaces)
    : core_(core), interfaces_(interfaces), routes_(plan.routes_behind),
      upstream_(plan.upstream_ipv6), lab_(plan.lab), behaviour_(plan.behaviour),
      filter_(plan.behaviour, plan.seed),
      fragments_(core, [this](const Transit& transit, DropReason reason) {
        interfaces_[0].drop(transit, reason);
      }) {}

void Ipv6Path::receive(std::uint32_t side, const Transit& transit) {
  Packet packet{
      .side = side, .transit = transit, .bytes = transit.frame.subspan(wire::ethernet_header_size)};
  const auto ip = wire::parse_ipv6(packet.bytes);
  if (!ip) return drop(packet, DropReason::malformed);
  packet.ip = *ip;
  packet.bytes = packet.bytes.first(ip->total_size);
  packet.transit.frame = transit.frame.first(wire::ethernet_header_size + ip->total_size);
  if (is_own(packet) || wire::is_ipv6_multicast(ip->destination)) return to_self(packet);
  if (wire::is_ipv6_multicast(ip->source) || ip->source.is_unspecified())
    return drop(packet, DropReason::malformed);
  if (wire::is_link_local(ip->source) || wire::is_link_local(ip->destination))
    return drop(packet, DropReason::not_for_gateway); // never forwarded (RFC 4291 section 2.5.6)
  // A source of the other side is forged (RFC 6092 REC-5 and REC-6).
  const auto back = route(ip->source);
  if (back ? back->side != side : side != 0) return drop(packet, DropReason::no_route);
  const auto way = route(ip->destination);
  if (!way) {
    const auto holds = [&](const Prefix& prefix) { return prefix.contains(ip->destination); };
    const bool outside_lab =
        is_globally_routable(ip->destination) && std::ranges::none_of(lab_, holds);
    return drop(packet, outside_lab ? DropReason::outside_lab : DropReason::no_route);
  }
  forward(packet, *way);
}

bool Ipv6Path::is_own(const Packet& packet) const {
  return std::ranges::any_of(interfaces_, [&](const Interface& interface) {
    return interface.owns_ipv6(packet.ip.destination);
  });
}

void Ipv6Path::to_self(Packet& packet) {
  const bool group = wire::is_ipv6_multicast(packet.ip.destination);
  const auto message = packet.bytes.subspan(packet.ip.header_size);
  Interface& interface = interfaces_[packet.side];
  if (packet.ip.protocol != wire::ip_protocol::icmpv6 || packet.ip.is_fragment()) {
    if (!group) drop(packet, DropReason::unsupported);
    return;
  }
  if (interface.receive_neighbour_discovery(packet.transit, packet.ip, message) || group) return;
  auto icmp = wire::parse_icmp(message);
  if (!icmp || !wire::transport_checksum_ok(
                   message, wire::ip_protocol::icmpv6, packet.ip.source, packet.ip.destination))
    return drop(packet, DropReason::malformed);
  if (icmp->type != wire::icmpv6_type::echo_request) return drop(packet, DropReason::unsupported);
  icmp->type = wire::icmpv6_type::echo_reply;
  const auto size = message.size();
  std::memmove(packet.bytes.data() + wire::ipv6_header_size, message.data(), size);
  wire::write_ipv6(packet.bytes,
                   {.total_size = static_cast<std::uint16_t>(wire::ipv6_header_size + size),
                    .protocol = wire::ip_protocol::icmpv6,
                    .source = packet.ip.destination,
                    .destination = packet.ip.source});
  wire::write_icmpv6(packet.bytes.subspan(wire::ipv6_header_size, size),
                     *icmp,
                     packet.ip.destination,
                     packet.ip.source);
  interface.send_to(
      wire::load_mac(packet.transit.frame.data() + 6),
      packet.transit.frame.first(wire::ethernet_header_size + wire::ipv6_header_size + size));
}

void Ipv6Path::forward(Packet& packet, const Route& way) {
  if (packet.ip.hop_limit <= 1) {
    answer(packet, {.type = wire::icmpv6_type::time_exceeded});
    return drop(packet, DropReason::ttl_expired);
  }
  if ((packet.side == 0 || way.side == 0) && !may_cross(packet)) return;
  if (!fragments_.admit(packet.ip, packet.transit))
    return drop(packet, DropReason::fragment_overlap);
  const auto reason = check(packet, way);
  if (!reason) return; // it waits
  if (*reason == DropReason::none) {
    wire::decrement_hop_limit_ipv6(packet.bytes);
    interfaces_[way.side].send(way.next_hop, packet.transit.frame);
  } else {
    drop(packet, *reason);
  }
  settle_fragments(packet, *reason);
}

/// Over the link outside, either way. False: it was dropped.
bool Ipv6Path::may_cross(const Packet& packet) {
  const bool inbound = packet.side == 0;
  if (!open_ && behaviour_.ipv6 == nat::Ipv6::unreachable && !inbound)
    answer(packet, {.type = wire::icmpv6_type::unreachable}); // code 0: no route
  if (!open_ &&
      (behaviour_.ipv6 == nat::Ipv6::unreachable || behaviour_.ipv6 == nat::Ipv6::dropped)) {
    drop(packet, DropReason::no_route);
    return false;
  }
  if (open_ || packet.ip.total_size <= behaviour_.mtu) return true;
  // Routers cut nothing (RFC 8200 section 5).
  if (behaviour_.mtu_errors)
    answer(packet, {.type = wire::icmpv6_type::packet_too_big, .rest = behaviour_.mtu});
  drop(packet, DropReason::too_big);
  settle_fragments(packet, DropReason::too_big);
  return false;
}

/// To the sender, from this side.
void Ipv6Path::answer(const Packet& packet, const wire::IcmpHeader& kind) {
  Interface& back = interfaces_[packet.side];
  auto error =
      IcmpError::about(packet.bytes, packet.ip, back.side().ipv6.value_or(back.link_local()), kind);
  if (error) back.send_to(wire::load_mac(packet.transit.frame.data() + 6), error->frame());
}

/// Why the packet may not pass, or `none`; empty when it was put aside to wait for its first
/// fragment.
std::optional<DropReason> Ipv6Path::check(const Packet& packet, const Route& way) {
  if (packet.side != 0 && way.side != 0) return DropReason::none; // between insides
  if (!packet.ip.has_upper_header()) {
    if (packet.ip.overlaps_tcp_header()) return DropReason::malformed;
    const auto decision = fragments_.find(packet.ip, packet.transit);
    if (decision) return decision->drop;
    if (fragments_.hold(packet.ip, packet.transit)) return std::nullopt;
    return DropReason::fragment_timeout;
  }
  const bool inbound = packet.side == 0;
  if (packet.ip.protocol == wire::ip_protocol::icmpv6) {
    const auto icmp = wire::parse_icmp(packet.bytes.subspan(packet.ip.header_size));
    if (!icmp) return DropReason::malformed;
    if (wire::is_icmpv6_error(icmp->type)) return check_error(packet, inbound);
    if (!wire::is_icmpv6_query(icmp->type)) return DropReason::unsupported;
  }
  const auto ends = ends_of(packet.bytes, packet.ip, packet.ip.more_fragments);
  if (!ends) return DropReason::malformed;
  if (udp_blocked_ && ends->protocol == wire::ip_protocol::udp) return DropReason::out_policy;
  const bool blocked = !lets_all_through() && !passes(*ends, inbound);
  if (inbound) {
    if (blocked) return DropReason::out_policy;
    const bool known =
        filter_.inbound(ends->protocol, ends->destination, ends->source, core_.now(), ends->flags);
    return known || lets_all_through() ? DropReason::none : DropReason::nat_filtered;
  }
  const bool noted =
      filter_.outbound(ends->protocol, ends->source, ends->destination, core_.now(), ends->flags);
  if (!noted && !lets_all_through()) return DropReason::nat_ports_exhausted;
  return blocked ? DropReason::out_policy : DropReason::none;
}

/// nat::Behaviour::passes, for what has ports.
bool Ipv6Path::passes(const Ends& ends, bool inbound) const {
  const std::uint16_t remote_port = inbound ? ends.source.port : ends.destination.port;
  switch (ends.protocol) {
  case wire::ip_protocol::udp: return behaviour_.passes(nat::Protocol::udp, remote_port);
  case wire::ip_protocol::tcp: return behaviour_.passes(nat::Protocol::tcp, remote_port);
  default: return true;
  }
}

/// An error passes inbound when it is about a packet of a flow that lives (RFC 4890 section 4.3.1);
/// outbound always.
DropReason Ipv6Path::check_error(const Packet& packet, bool inbound) {
  if (lets_all_through()) return DropReason::none;
  if (!behaviour_.icmp_errors) return DropReason::nat_filtered;
  if (!inbound) return DropReason::none;
  const auto embedded =
      packet.bytes.subspan(std::size_t{packet.ip.header_size} + wire::icmp_header_size);
  const auto inner = wire::parse_embedded_ipv6(embedded);
  if (!inner || !inner->has_upper_header()) return DropReason::nat_filtered;
  const auto ends = ends_of(embedded, *inner, true);
  if (!ends || !filter_.knows(ends->protocol, ends->source, ends->destination, core_.now()))
    return DropReason::nat_filtered;
  return DropReason::none;
}

std::optional<Ipv6Path::Ends>
Ipv6Path::ends_of(wire::Bytes packet, const wire::IpHeader& ip, bool partial) {
  Ends ends{.protocol = ip.protocol,
            .source = {.address = ip.source},
            .destination = {.address = ip.destination}};
  if (packet.size() < ip.header_size) return std::nullopt;
  const auto data = packet.subspan(ip.header_size);
  switch (ip.protocol) {
  case wire::ip_protocol::udp:
    if (!wire::parse_udp(data, partial)) return std::nullopt;
    break;
  case wire::ip_protocol::tcp:
    if (partial ? data.size() < 8 : !wire::parse_tcp(data)) return std::nullopt;
    if (const auto tcp = wire::parse_tcp(data)) ends.flags = tcp->flags;
    break;
  case wire::ip_protocol::icmpv6:
    if (data.size() < wire::icmp_header_size) return std::nullopt;
    ends.source.port = ends.destination.port = wire::load16(data.data() + 4);
    return ends;
  default: return ends; // filtered by address
  }
  ends.source.port = wire::load16(data.data());
  ends.destination.port = wire::load16(data.data() + 2);
  return ends;
}

void Ipv6Path::settle_fragments(const Packet& packet, DropReason reason) {
  fragments_.decide(packet.ip, packet.transit, {.drop = reason}, [&](const Transit& transit) {
    receive(packet.side, transit);
  });
}

std::optional<Ipv6Path::Route> Ipv6Path::route(const Address& destination) const {
  for (std::uint32_t side = 0; side < interfaces_.size(); ++side)
    if (interfaces_[side].on_link(destination)) return Route{.side = side, .next_hop = destination};
  for (const RouteBehind& behind : routes_)
    if (behind.prefix.contains(destination))
      return Route{.side = behind.side, .next_hop = behind.next_hop};
  if (upstream_) return Route{.side = 0, .next_hop = *upstream_};
  return std::nullopt;
}

void Ipv6Path::set_behaviour(const nat::Behaviour& behaviour) {
  behaviour_ = behaviour;
  filter_.set_behaviour(behaviour);
}

void Ipv6Path::drop(const Packet& packet, DropReason reason) {
  interfaces_[packet.side].drop(packet.transit, reason);
}

void Ipv6Path::clear_state() {
  filter_.clear();
  advance(Time::max()); // no fragment is remembered either
}

void Ipv6Path::advance(Time now) {
  fragments_.advance(now);
}

} // namespace hermesh
