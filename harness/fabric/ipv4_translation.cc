// SPDX-License-Identifier: MIT
//
// Ipv4Path: what a packet says to the table, what the table answers, and routes.
#include "fabric/core.hh"
#include "fabric/ipv4_path.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"

namespace hermesh {

Ipv4Path::Upper Ipv4Path::read_upper(const Packet& packet) {
  const wire::IpHeader& ip = packet.ip;
  const auto data = packet.bytes.subspan(ip.header_size);
  Upper upper{.kind = Upper::Kind::malformed,
              .source = {.address = ip.source},
              .destination = {.address = ip.destination}};
  const auto session =
      [&](nat::Protocol protocol, std::uint16_t source, std::uint16_t destination) {
        upper.kind = Upper::Kind::session;
        upper.protocol = protocol;
        upper.source.port = source;
        upper.destination.port = destination;
      };
  switch (ip.protocol) {
  case wire::ip_protocol::udp:
    if (const auto udp = wire::parse_udp(data, ip.more_fragments))
      session(nat::Protocol::udp, udp->source, udp->destination);
    return upper;
  case wire::ip_protocol::tcp:
    if (const auto tcp = wire::parse_tcp(data)) {
      session(nat::Protocol::tcp, tcp->source, tcp->destination);
      upper.flags = tcp->flags;
    }
    return upper;
  case wire::ip_protocol::icmp:
    if (const auto icmp = wire::parse_icmp(data)) {
      session(nat::Protocol::icmp, icmp->identifier(), icmp->identifier());
      upper.echo_request = icmp->type == wire::icmp_type::echo_request;
      if (wire::is_icmp_error(icmp->type))
        upper.kind = Upper::Kind::icmp_error;
      else if (!wire::is_icmp_query(icmp->type))
        upper.kind = Upper::Kind::unsupported;
    }
    return upper;
  default: upper.kind = Upper::Kind::unsupported; return upper;
  }
}

std::optional<Ipv4Path::Route> Ipv4Path::route(const Address& destination) const {
  for (std::uint32_t side = 1; side < interfaces_.size(); ++side)
    if (interfaces_[side].on_link(destination)) return Route{.side = side, .next_hop = destination};
  if (external_.is_unspecified()) return std::nullopt; // no IPv4 outside
  if (interfaces_[0].on_link(destination)) return Route{.side = 0, .next_hop = destination};
  for (const RouteBehind& behind : routes_)
    if (behind.prefix.contains(destination))
      return Route{.side = behind.side, .next_hop = behind.next_hop};
  if (upstream_) return Route{.side = 0, .next_hop = *upstream_};
  return std::nullopt;
}

bool Ipv4Path::is_own(const Address& address) const {
  for (const Interface& interface : interfaces_)
    if (interface.owns_ipv4(address)) return true;
  return false;
}

/// Does an answer to that source leave by that side?
bool Ipv4Path::comes_from(std::uint32_t side, const Address& source) const {
  if (interfaces_[side].on_link(source)) return true;
  if (routes_.empty()) return false;
  const auto back = route(source);
  return back && back->side == side;
}

/// Is it for the gateway, or, when nothing is translated, for a host on one of its insides?
bool Ipv4Path::is_reachable(const Address& from_outside) const {
  if (table_.is_external(from_outside)) return true;
  if (effective_.translating != nat::Translating::none) return false;
  const auto way = route(from_outside);
  return way && way->side != 0;
}

nat::Translation Ipv4Path::translate_outbound(const Upper& upper) {
  if (const auto opened = opened_.find(upper.protocol, upper.source, upper.destination))
    return {.endpoint = *opened};
  return table_.outbound(upper.protocol, upper.source, upper.destination, core_.now(), upper.flags);
}

nat::Translation Ipv4Path::translate_inbound(const Upper& upper) {
  const auto found =
      table_.inbound(upper.protocol, upper.source, upper.destination, core_.now(), upper.flags);
  if (found || !open_) return found;
  return open_inbound(upper);
}

/// What no mapping wants, while the gateway is open: to whom it says where nothing is translated,
/// else to the next gateway inside, or to the only host; where there are several, to the one that
/// spoke last.
nat::Translation Ipv4Path::open_inbound(const Upper& upper) {
  if (effective_.translating == nat::Translating::none) return {.endpoint = upper.destination};
  const auto host = inside_host_ ? inside_host_ : last_inside_host_;
  const nat::Translation none{.refusal = nat::Refusal::no_mapping};
  if (!host) return none;
  const Endpoint inside{.address = *host, .port = upper.destination.port};
  if (!opened_.remember(upper.protocol, inside, upper.source, upper.destination)) return none;
  return {.endpoint = inside};
}

/// While open, nothing is filtered, and answers leave from the port that was asked.
void Ipv4Path::apply_behaviour() {
  effective_ = declared_;
  if (open_) {
    effective_.filtering = nat::Dependence::endpoint_independent;
    effective_.flows = nat::FlowRule::reuse;
    effective_.udp_out = effective_.tcp_out = {};
    effective_.mtu = nat::Behaviour::ethernet_mtu;
  }
  table_.set_behaviour(effective_);
}

void Ipv4Path::set_behaviour(const nat::Behaviour& behaviour) {
  const bool other_server = behaviour.port_mapping != declared_.port_mapping;
  declared_ = behaviour;
  apply_behaviour();
  if (other_server) port_mapping_.restart();
}

void Ipv4Path::open(bool on) {
  open_ = on;
  opened_.clear();
  apply_behaviour();
}

void Ipv4Path::clear_state() {
  table_.clear();
  opened_.clear();
  fragments_.advance(Time::max());
  last_inside_host_.reset();
  port_mapping_.restart();
}

void Ipv4Path::reboot() {
  table_.reboot();
  fragments_.advance(Time::max()); // what was decided of the first ones would teach the old state
  opened_.clear();
  last_inside_host_.reset();
  port_mapping_.restart();
}

std::size_t Ipv4Path::rebind(const Address& inside, std::optional<std::uint16_t> port) {
  opened_.clear();
  return table_.forget(inside, port, core_.now());
}

void Ipv4Path::change_address(const Address& outside) {
  external_ = outside;
  table_.move_to(outside);
  fragments_.advance(Time::max());
  opened_.clear();
  port_mapping_.restart();
}

} // namespace hermesh
