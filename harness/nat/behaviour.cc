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

} // namespace hermesh::nat
