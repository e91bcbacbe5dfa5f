// SPDX-License-Identifier: MIT
#include "fabric/ipv4_path.hh"

#include "fabric/core.hh"
#include "fabric/icmp_error.hh"
#include "fabric/reserved_addresses.hh"
#include "wire/rewrite.hh"
#include "wire/transport.hh"

#include <algorithm>

namespace hermesh {
namespace {

constexpr Duration between_sweeps = std::chrono::seconds{1};

bool is_for_one_host(const Address& address) {
  const std::uint32_t value = address.v4_value();
  return value < 0xe0000000U && value >> 24 != 0;
}

DropReason reason_of(nat::Refusal refusal) {
  switch (refusal) {
  case nat::Refusal::none: return DropReason::none;
  case nat::Refusal::no_mapping: return DropReason::nat_no_mapping;
  case nat::Refusal::filtered: return DropReason::nat_filtered;
  case nat::Refusal::ports_exhausted:
  case nat::Refusal::host_limit:
  case nat::Refusal::table_full: return DropReason::nat_ports_exhausted;
  }
  return DropReason::nat_no_mapping;
}

bool error_is_sound(wire::Bytes packet, const wire::IpHeader& ip) {
  return wire::transport_checksum_ok(packet.subspan(ip.header_size, ip.data_size()),
                                     wire::ip_protocol::icmp,
                                     ip.source,
                                     ip.destination);
}

} // namespace

Ipv4Path::Ipv4Path(Core& core, const GatewayPlan& plan, std::deque<Interface>& interfaces)
    : core_(core), interfaces_(interfaces), upstream_(plan.upstream_ipv4),
      inside_host_(plan.gateway_inside ? plan.gateway_inside : plan.only_host_inside),
      routes_(plan.routes_behind), lab_(plan.lab),
      external_(plan.sides[0].ipv4.value_or(Address{})), declared_(plan.behaviour),
      effective_(plan.behaviour), table_(plan.behaviour, external_, plan.seed),
      fragments_(core,
                 [this](const Transit& transit, DropReason reason) {
                   interfaces_[0].drop(transit, reason);
                 }),
      port_mapping_(core, table_, interfaces) {}

void Ipv4Path::receive(std::uint32_t side, const Transit& transit) {
  Packet packet{
      .side = side, .transit = transit, .bytes = transit.frame.subspan(wire::ethernet_header_size)};
  const auto ip = wire::parse_ipv4(packet.bytes);
  if (!ip) return drop(packet, DropReason::malformed);
  packet.ip = *ip;
  packet.bytes = packet.bytes.first(ip->total_size); // a short frame's padding stays behind
  packet.transit.frame = transit.frame.first(wire::ethernet_header_size + ip->total_size);
  // What is for everybody on the segment has arrived; a gateway does not forward it.
  if (!is_for_one_host(ip->destination)) return;
  if (interfaces_[side].is_broadcast(ip->destination)) return;
  if (!is_for_one_host(ip->source)) return drop(packet, DropReason::malformed);
  if (packet.from_outside() && !fits_outside(packet)) return;
  if (!fragments_.admit(packet.ip, packet.transit))
    return drop(packet, DropReason::fragment_overlap);
  packet.from_outside() ? from_outside(packet) : from_inside(packet);
}

void Ipv4Path::from_inside(Packet& packet) {
  if (is_own(packet.ip.destination)) return to_self(packet);
  // A source that is not of this side is forged: no answer could find its way back.
  if (!comes_from(packet.side, packet.ip.source)) return drop(packet, DropReason::no_route);
  const auto way = route(packet.ip.destination);
  if (!way) {
    const auto holds = [&](const Prefix& prefix) { return prefix.contains(packet.ip.destination); };
    const bool outside_lab =
        is_globally_routable(packet.ip.destination) && std::ranges::none_of(lab_, holds);
    return drop(packet, outside_lab ? DropReason::outside_lab : DropReason::no_route);
  }
  if (!ttl_is_left(packet)) return;
  // Before the table, as a kernel forwards: what cannot leave makes no mapping.
  if (way->side == 0 && packet.ip.dont_fragment && !fits_outside(packet)) return;
  way->side == 0 ? outbound(packet, *way) : forward(packet, *way);
}

void Ipv4Path::from_outside(Packet& packet) {
  if (!is_reachable(packet.ip.destination)) return drop(packet, DropReason::not_for_gateway);
  if (!packet.ip.has_upper_header()) return later_fragment(packet, wire::End::destination);
  const Upper upper = read_upper(packet);
  switch (upper.kind) {
  case Upper::Kind::malformed: return refuse(packet, DropReason::malformed);
  case Upper::Kind::unsupported: return refuse(packet, DropReason::unsupported);
  case Upper::Kind::icmp_error: return cross_error(packet, std::nullopt);
  case Upper::Kind::session:
    return upper.echo_request && is_own(packet.ip.destination) && !stands_for_a_host()
               ? to_self(packet)
               : inbound_session(packet, upper);
  }
}

/// Addresses of the gateway itself. Nothing listens there but the echo service and the port mapping
/// server (and the DHCP server, which was asked before); what comes from inside to an external one
/// may turn round.
void Ipv4Path::to_self(Packet& packet) {
  if (!packet.from_outside() && table_.is_external(packet.ip.destination))
    return turn_round(packet);
  if (packet.ip.is_fragment()) return refuse(packet, DropReason::unsupported);
  const Upper upper = read_upper(packet);
  if (upper.kind == Upper::Kind::malformed) return drop(packet, DropReason::malformed);
  if (upper.echo_request) return echo_reply(packet);
  if (port_mapping_.receive(packet.side, packet.transit, packet.ip)) return expect_sweep();
  drop(packet, DropReason::unsupported);
}

/// From inside to an external address: to the gateway itself, or to somebody inside.
void Ipv4Path::turn_round(Packet& packet) {
  if (!comes_from(packet.side, packet.ip.source)) return drop(packet, DropReason::no_route);
  if (!packet.ip.has_upper_header()) return later_fragment(packet, wire::End::destination);
  const Upper upper = read_upper(packet);
  switch (upper.kind) {
  case Upper::Kind::malformed: return refuse(packet, DropReason::malformed);
  case Upper::Kind::unsupported: return refuse(packet, DropReason::unsupported);
  case Upper::Kind::icmp_error: return hairpin_error(packet);
  case Upper::Kind::session: break;
  }
  if (!upper.echo_request) return hairpin(packet, upper);
  packet.ip.is_fragment() ? refuse(packet, DropReason::unsupported) : echo_reply(packet);
}

void Ipv4Path::hairpin(Packet& packet, const Upper& upper) {
  if (is_blocked(upper)) return refuse(packet, DropReason::out_policy);
  const nat::Hairpinned ends =
      table_.hairpin(upper.protocol, upper.source, upper.destination, core_.now(), upper.flags);
  expect_sweep();
  if (!ends) return refuse(packet, reason_of(ends.refusal));
  if (!ttl_is_left(packet)) return;
  const Packet original = packet;
  forward_hairpinned(packet, ends);
  settle_fragments(original,
                   {.address = ends.destination.address, .hairpin_source = ends.source.address});
}

void Ipv4Path::forward_hairpinned(Packet& packet, const nat::Hairpinned& ends) {
  const auto way = route(ends.destination.address);
  if (!way) return drop(packet, DropReason::no_route);
  wire::rewrite_ipv4(packet.bytes, packet.ip, wire::End::source, ends.source);
  wire::rewrite_ipv4(packet.bytes, packet.ip, wire::End::destination, ends.destination);
  forward(packet, *way);
}

/// An error about a packet that was turned round: out, and back in (RFC 5508 section 4.3).
void Ipv4Path::hairpin_error(Packet& packet) {
  if (packet.ip.is_fragment()) return refuse(packet, DropReason::unsupported);
  if (!error_is_sound(packet.bytes, packet.ip)) return drop(packet, DropReason::malformed);
  if (!ttl_is_left(packet)) return;
  Address source;
  Address destination;
  nat::Refusal refusal =
      effective_.hairpin == nat::Hairpin::off ? nat::Refusal::filtered : nat::Refusal::none;
  if (refusal == nat::Refusal::none)
    refusal = translate_icmp_error(
        packet.bytes, packet.ip, Crossing::outbound, table_, core_.now(), source);
  if (refusal == nat::Refusal::none)
    refusal = translate_icmp_error(
        packet.bytes, packet.ip, Crossing::inbound, table_, core_.now(), destination);
  if (refusal != nat::Refusal::none) return drop(packet, reason_of(refusal));
  const auto way = route(destination);
  if (!way) return drop(packet, DropReason::no_route);
  wire::rewrite_ipv4_address(packet.bytes, wire::End::source, source);
  wire::rewrite_ipv4_address(packet.bytes, wire::End::destination, destination);
  forward(packet, *way);
}

void Ipv4Path::outbound(Packet& packet, const Route& way) {
  if (!packet.ip.has_upper_header()) return later_fragment(packet, wire::End::source);
  const Upper upper = read_upper(packet);
  switch (upper.kind) {
  case Upper::Kind::malformed: return refuse(packet, DropReason::malformed);
  case Upper::Kind::unsupported: return refuse(packet, DropReason::unsupported);
  case Upper::Kind::icmp_error: return cross_error(packet, way);
  case Upper::Kind::session: return outbound_session(packet, upper);
  }
}

void Ipv4Path::outbound_session(Packet& packet, const Upper& upper) {
  if (is_blocked(upper)) return refuse(packet, DropReason::out_policy);
  last_inside_host_ = upper.source.address;
  const nat::Translation external = translate_outbound(upper);
  expect_sweep();
  if (!external) return refuse(packet, reason_of(external.refusal));
  // The block lies beyond the table (RFC 4787 REQ-6: what is sent refreshes).
  if (!effective_.passes(upper.protocol, upper.destination.port))
    return refuse(packet, DropReason::out_policy);
  translate_and_send(packet, wire::End::source, external.endpoint);
}

/// Somebody has to drop what ends in a table that nobody asks.
void Ipv4Path::expect_sweep() {
  if (next_sweep_ != Time::max()) return;
  next_sweep_ = core_.now() + between_sweeps;
  core_.wake_at(next_sweep_);
}

void Ipv4Path::inbound_session(Packet& packet, const Upper& upper) {
  if (is_blocked(upper) || !effective_.passes(upper.protocol, upper.source.port))
    return refuse(packet, DropReason::out_policy);
  const nat::Translation inside = translate_inbound(upper);
  if (!inside) return refuse(packet, reason_of(inside.refusal));
  if (!ttl_is_left(packet)) return;
  translate_and_send(packet, wire::End::destination, inside.endpoint);
}

void Ipv4Path::translate_and_send(Packet& packet, wire::End end, const Endpoint& to) {
  const Packet original = packet;
  wire::rewrite_ipv4(packet.bytes, packet.ip, end, to);
  if (end == wire::End::destination) packet.ip.destination = to.address;
  const auto way = route(packet.ip.destination);
  if (way)
    forward(packet, *way);
  else
    drop(packet, DropReason::no_route);
  if (original.ip.more_fragments)
    settle_fragments(original, {.drop = DropReason::none, .address = to.address});
}

/// An ICMP error about a packet that crossed the table before (RFC 5508 section 4).
void Ipv4Path::cross_error(Packet& packet, const std::optional<Route>& out) {
  if (packet.ip.is_fragment()) return refuse(packet, DropReason::unsupported);
  if (!error_is_sound(packet.bytes, packet.ip)) return drop(packet, DropReason::malformed);
  if (!out && !ttl_is_left(packet)) return;
  Address outer;
  const nat::Refusal refusal = translate_icmp_error(packet.bytes,
                                                    packet.ip,
                                                    out ? Crossing::outbound : Crossing::inbound,
                                                    table_,
                                                    core_.now(),
                                                    outer);
  if (refusal != nat::Refusal::none) return drop(packet, reason_of(refusal));
  wire::rewrite_ipv4_address(packet.bytes, out ? wire::End::source : wire::End::destination, outer);
  const auto way = out ? out : route(outer);
  if (!way) return drop(packet, DropReason::no_route);
  forward(packet, *way);
}

bool Ipv4Path::ttl_is_left(const Packet& packet) {
  if (packet.ip.hop_limit > 1) return true;
  answer(packet, {.type = wire::icmp_type::time_exceeded});
  refuse(packet, DropReason::ttl_expired);
  return false;
}

/// To the sender, from this side.
void Ipv4Path::answer(const Packet& packet, const wire::IcmpHeader& kind) {
  Interface& back = interfaces_[packet.side];
  if (!back.side().ipv4) return;
  auto error = IcmpError::about(packet.bytes, packet.ip, *back.side().ipv4, kind);
  if (error) back.send_to(wire::load_mac(packet.transit.frame.data() + 6), error->frame());
}

void Ipv4Path::echo_reply(Packet& packet) {
  const auto message = packet.bytes.subspan(packet.ip.header_size);
  if (!wire::transport_checksum_ok(
          message, wire::ip_protocol::icmp, packet.ip.source, packet.ip.destination))
    return drop(packet, DropReason::malformed);
  auto icmp = *wire::parse_icmp(message);
  icmp.type = wire::icmp_type::echo_reply;
  wire::write_icmp(message, icmp);
  // Options are not sent back: move the message up behind a plain header.
  const auto size = message.size();
  std::memmove(packet.bytes.data() + wire::ipv4_header_size, message.data(), size);
  wire::write_ipv4(packet.bytes,
                   {.total_size = static_cast<std::uint16_t>(wire::ipv4_header_size + size),
                    .protocol = wire::ip_protocol::icmp,
                    .identification = packet.ip.identification,
                    .source = packet.ip.destination,
                    .destination = packet.ip.source});
  interfaces_[packet.side].send_to(
      wire::load_mac(packet.transit.frame.data() + 6),
      packet.transit.frame.first(wire::ethernet_header_size + wire::ipv4_header_size + size));
}

void Ipv4Path::drop(const Packet& packet, DropReason reason) {
  interfaces_[packet.side].drop(packet.transit, reason);
}

/// A packet that is dropped, and with it the fragments that belong to it.
void Ipv4Path::refuse(const Packet& packet, DropReason reason) {
  drop(packet, reason);
  settle_fragments(packet, {.drop = reason});
}

void Ipv4Path::advance(Time now) {
  fragments_.advance(now);
  port_mapping_.advance(now);
  if (next_sweep_ > now) return;
  table_.expire(now);
  next_sweep_ = table_.size() > 0 ? now + between_sweeps : Time::max();
}

} // namespace hermesh
