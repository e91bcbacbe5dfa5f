// SPDX-License-Identifier: MIT
#include "nat/behaviour.hh"

namespace hermesh::nat {
namespace {

const char* grade(Dependence dependence) {
  switch (dependence) {
  case Dependence::endpoint_independent: return "EI";
  case Dependence::address_dependent: return "AD";
  case Dependence::address_and_port_dependent: return "APD";
  }
  return "?";
}

} // namespace

bool Behaviour::passes(Protocol protocol, std::uint16_t remote_port) const {
  switch (protocol) {
  case Protocol::udp: return udp_out.passes(remote_port);
  case Protocol::tcp: return tcp_out.passes(remote_port);
  case Protocol::icmp: break;
  }
  return true;
}

Behaviour as_firewall(const Behaviour& behaviour) {
  Behaviour firewall{.translating = Translating::none,
                     .filtering = behaviour.filtering,
                     .refresh = behaviour.refresh,
                     .timers = behaviour.timers,
                     .icmp_errors = behaviour.icmp_errors,
                     .udp_out = behaviour.udp_out,
                     .tcp_out = behaviour.tcp_out,
                     .ipv6 = behaviour.ipv6,
                     .mtu = behaviour.mtu,
                     .mtu_errors = behaviour.mtu_errors};
  if (behaviour.ipv6 != Ipv6::open) return firewall;
  firewall.filtering = Dependence::endpoint_independent; // who listens has said something
  firewall.udp_out = firewall.tcp_out = {};
  firewall.icmp_errors = true;
  return firewall;
}

std::string mapping_name(Dependence mapping) {
  return std::string(grade(mapping)) + "M";
}

std::string filtering_name(Dependence filtering) {
  return std::string(grade(filtering)) + "F";
}

std::string to_string(Translating translating) {
  switch (translating) {
  case Translating::napt: return "napt";
  case Translating::none: return "none";
  case Translating::one_to_one: return "one-to-one";
  }
  return "?";
}

std::string to_string(PortAssignment ports) {
  switch (ports) {
  case PortAssignment::preserve: return "preserve";
  case PortAssignment::random: return "random";
  case PortAssignment::sequential_up: return "sequential-up";
  case PortAssignment::sequential_down: return "sequential-down";
  case PortAssignment::block: return "block";
  case PortAssignment::preserve_then_random: return "preserve-then-random";
  }
  return "?";
}

std::string to_string(FlowRule flows) {
  return flows == FlowRule::reuse ? "reuse" : "strict";
}

std::string to_string(Hairpin hairpin) {
  switch (hairpin) {
  case Hairpin::off: return "off";
  case Hairpin::external_source: return "external-source";
  case Hairpin::internal_source: return "internal-source";
  }
  return "?";
}

std::string to_string(Refresh refresh) {
  return refresh == Refresh::both ? "both" : "outbound-only";
}

std::string to_string(Pooling pooling) {
  return pooling == Pooling::paired ? "paired" : "arbitrary";
}

std::string to_string(Ipv6 ipv6) {
  switch (ipv6) {
  case Ipv6::filtered: return "filtered";
  case Ipv6::open: return "open";
  case Ipv6::dropped: return "dropped";
  case Ipv6::unreachable: return "unreachable";
  }
  return "?";
}

} // namespace hermesh::nat
