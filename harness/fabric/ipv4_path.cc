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

Fragments::Key fragment_key(const wire::IpHeader& ip) {
  return {.source = ip.source,
          .destination = ip.destination,
          .identification = ip.identification,
          .protocol = ip.protocol};
}

} // namespace

Ipv4Path::Ipv4Path(Core& core, const GatewayPlan& plan, std::deque<Interface>& interfaces)
    : core_(core), interfaces_(interfaces), upstream_(plan.upstream_ipv4),
      inside_host_(plan.gateway_inside ? plan.gateway_inside : plan.only_host_inside),
      lab_(plan.lab), external_(plan.sides[0].ipv4.value_or(Address{})), declared_(plan.behaviour),
      effective_(plan.behaviour), table_(plan.behaviour, external_, plan.seed) {}

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
  packet.from_outside() ? from_outside(packet) : from_inside(packet);
}

void Ipv4Path::from_inside(Packet& packet) {
  if (is_own(packet.ip.destination)) return to_self(packet);
  // A source that is not of this side is forged: no answer could find its way back.
  if (!interfaces_[packet.side].on_link(packet.ip.source))
    return drop(packet, DropReason::no_route);
  const auto way = route(packet.ip.destination);
  if (!way) {
    const auto holds = [&](const Prefix& prefix) { return prefix.contains(packet.ip.destination); };
    const bool outside_lab =
        is_globally_routable(packet.ip.destination) && std::ranges::none_of(lab_, holds);
    return drop(packet, outside_lab ? DropReason::outside_lab : DropReason::no_route);
  }
  if (!ttl_is_left(packet)) return;
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
    return upper.echo_request ? to_self(packet) : inbound_session(packet, upper);
  }
}

/// Addresses of the gateway itself. Nothing listens there but the echo service (and the DHCP
/// server, which was asked before); what comes from inside to an external one may turn round.
void Ipv4Path::to_self(Packet& packet) {
  if (packet.ip.is_fragment()) return refuse(packet, DropReason::unsupported);
  const Upper upper = read_upper(packet);
  if (upper.kind == Upper::Kind::malformed) return drop(packet, DropReason::malformed);
  if (upper.echo_request) return echo_reply(packet);
  const bool turns_round = !packet.from_outside() && table_.is_external(packet.ip.destination) &&
                           upper.kind == Upper::Kind::session;
  turns_round ? hairpin(packet, upper) : drop(packet, DropReason::unsupported);
}

void Ipv4Path::hairpin(Packet& packet, const Upper& upper) {
  if (!interfaces_[packet.side].on_link(packet.ip.source))
    return drop(packet, DropReason::no_route);
  const nat::Hairpinned ends =
      table_.hairpin(upper.protocol, upper.source, upper.destination, core_.now(), upper.flags);
  expect_sweep();
  if (!ends) return drop(packet, reason_of(ends.refusal));
  const auto way = route(ends.destination.address);
  if (!way) return drop(packet, DropReason::no_route);
  if (!ttl_is_left(packet)) return;
  wire::rewrite_ipv4(packet.bytes, packet.ip, wire::End::source, ends.source);
  wire::rewrite_ipv4(packet.bytes, packet.ip, wire::End::destination, ends.destination);
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
  if (!effective_.passes(upper.protocol, upper.source.port))
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

void Ipv4Path::forward(Packet& packet, const Route& way) {
  wire::decrement_ttl_ipv4(packet.bytes);
  interfaces_[way.side].send(way.next_hop, packet.transit.frame);
}

/// An ICMP error about a packet that crossed the table before (RFC 5508 section 4).
void Ipv4Path::cross_error(Packet& packet, const std::optional<Route>& out) {
  if (packet.ip.is_fragment()) return refuse(packet, DropReason::unsupported);
  const auto message = packet.bytes.subspan(packet.ip.header_size);
  if (!wire::transport_checksum_ok(
          message, wire::ip_protocol::icmp, packet.ip.source, packet.ip.destination))
    return drop(packet, DropReason::malformed);
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

void Ipv4Path::later_fragment(Packet& packet, wire::End end) {
  const auto decision = fragments_.find(fragment_key(packet.ip));
  if (!decision) {
    const bool held = fragments_.hold(
        fragment_key(packet.ip), packet.transit, core_.now(), [this](const Transit& transit) {
          interfaces_[0].drop(transit, DropReason::fragment_timeout);
        });
    if (!held) drop(packet, DropReason::fragment_timeout);
    core_.wake_at(fragments_.due());
    return;
  }
  if (decision->drop != DropReason::none) return drop(packet, decision->drop);
  if (packet.from_outside() && !ttl_is_left(packet)) return;
  translate_and_send(packet, end, {.address = decision->address});
}

/// Call after the first fragment went its way: those that waited for it follow.
void Ipv4Path::settle_fragments(const Packet& packet, const Fragments::Decision& decision) {
  if (!packet.ip.is_fragment() || !packet.ip.has_upper_header()) return;
  fragments_.decide(
      fragment_key(packet.ip),
      decision,
      core_.now(),
      [&](const Transit& transit) { receive(packet.side, transit); },
      [this](const Transit& transit) {
        interfaces_[0].drop(transit, DropReason::fragment_timeout);
      });
  core_.wake_at(fragments_.due());
}

bool Ipv4Path::ttl_is_left(const Packet& packet) {
  if (packet.ip.hop_limit > 1) return true;
  Interface& back = interfaces_[packet.side];
  if (back.side().ipv4) {
    auto error = IcmpError::about(
        packet.bytes, packet.ip, *back.side().ipv4, {.type = wire::icmp_type::time_exceeded});
    if (error) back.send_to(wire::load_mac(packet.transit.frame.data() + 6), error->frame());
  }
  refuse(packet, DropReason::ttl_expired);
  return false;
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

/// Those of datagrams that were begun before `until`; what waited for a first one is lost.
void Ipv4Path::forget_fragments(Time until) {
  fragments_.advance(until, [this](const Transit& transit) {
    interfaces_[0].drop(transit, DropReason::fragment_timeout);
  });
}

void Ipv4Path::advance(Time now) {
  forget_fragments(now);
  if (next_sweep_ > now) return;
  table_.expire(now);
  next_sweep_ = table_.size() > 0 ? now + between_sweeps : Time::max();
}

} // namespace hermesh
