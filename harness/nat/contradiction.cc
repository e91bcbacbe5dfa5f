// SPDX-License-Identifier: MIT
//
// Which axes of a behaviour exclude each other. Each check names a field that is not at its
// default, so that a scenario's reader can point at it.
#include "nat/behaviour.hh"

#include <algorithm>

namespace hermesh::nat {
namespace {

using Found = std::optional<Contradiction>;

std::string word(const std::string& text) {
  return "'" + text + "'";
}

/// As it stands in the file.
std::string json(const std::string& text) {
  return '"' + text + '"';
}

Contradiction beside(const char* field,
                     const std::string& found,
                     const std::string& other,
                     const std::string& wanted) {
  return {field, "found " + found + " with " + other + ", wanted " + wanted};
}

/// Without ports to give, nothing can be said about how they are given.
Found without_ports(const Behaviour& b) {
  if (b.translating == Translating::napt) return {};
  const std::string with = "translation " + word(to_string(b.translating));
  if (b.mapping != Dependence::endpoint_independent)
    return beside("mapping", json(mapping_name(b.mapping)), with, "'EIM': the port never changes");
  if (b.ports != PortAssignment::preserve)
    return beside("ports", json(to_string(b.ports)), with, "'preserve': the port never changes");
  if (b.overload_ports) return beside("overload_ports", "true", with, "false: no port is shared");
  if (b.pooling == Pooling::arbitrary)
    return beside("pooling", json("arbitrary"), with, "'paired': a host has one address");
  if (b.translating != Translating::none) return {};
  if (b.external_addresses != 1)
    return beside("external_addresses",
                  std::to_string(b.external_addresses),
                  with,
                  "1: inside addresses are seen outside as they are");
  if (b.hairpin != Hairpin::off)
    return beside(
        "hairpin", json(to_string(b.hairpin)), with, "'off': there is no outside endpoint");
  return {};
}

Found of_ports(const Behaviour& b) {
  const std::string with = "ports " + word(to_string(b.ports));
  if (b.ports != PortAssignment::block && b.port_block_size != Behaviour::default_port_block_size)
    return beside("port_block_size", std::to_string(b.port_block_size), with, "ports 'block'");
  if (!b.overload_ports) return {};
  if (b.ports != PortAssignment::preserve)
    return beside("overload_ports", "true", with, "ports 'preserve': no other is shared");
  if (b.filtering != Dependence::address_and_port_dependent)
    return beside("overload_ports",
                  "true",
                  "filtering " + word(filtering_name(b.filtering)),
                  "filtering 'APDF': only the whole tuple says whose a packet is");
  return {};
}

Found of_pool(const Behaviour& b) {
  if (b.pooling != Pooling::arbitrary) return {};
  if (b.external_addresses == 1)
    return beside(
        "pooling", json("arbitrary"), "one external address", "external_addresses from 2 up");
  if (b.ports == PortAssignment::block)
    return beside(
        "pooling", json("arbitrary"), "ports 'block'", "'paired': a block is of one address");
  if (b.overload_ports)
    return beside(
        "pooling", json("arbitrary"), "overload_ports", "'paired', as masquerading has it");
  return {};
}

Found of_hairpin(const Behaviour& b) {
  if (b.hairpin != Hairpin::internal_source ||
      b.filtering != Dependence::address_and_port_dependent)
    return {};
  return beside(
      "hairpin",
      json("internal-source"),
      "filtering 'APDF'",
      "filtering 'EIF' or 'ADF': no inside endpoint was ever spoken to through the gateway");
}

/// Then no idle timer could ever be seen.
Found of_lifetime(const Behaviour& b) {
  const Timers& t = b.timers;
  const Duration shortest =
      std::min({t.udp_unreplied, t.udp_stream, t.tcp_transitory, t.tcp_established, t.icmp});
  if (b.absolute_lifetime == Duration{0} || b.absolute_lifetime >= shortest) return {};
  return beside("absolute_lifetime",
                json(hermesh::to_string(b.absolute_lifetime)),
                "no timer below " + hermesh::to_string(shortest),
                "at least the shortest of the timers");
}

Found of_mtu(const Behaviour& b) {
  if (b.mtu_errors || b.mtu < Behaviour::ethernet_mtu) return {};
  return beside(
      "mtu_errors", "false", "mtu 1500", "a smaller mtu: nothing is too big for this one");
}

/// A lease is of a port that the gateway has to give.
Found of_port_mapping(const Behaviour& b) {
  const PortMapping& mapping = b.port_mapping;
  if (!mapping.outbound && mapping.refuses != Refusing::no)
    return beside("port_mapping",
                  "outbound false",
                  "refuses " + word(to_string(mapping.refuses)),
                  "refuses 'no': nothing is granted");
  if (mapping == PortMapping{} || b.translating == Translating::napt) return {};
  return beside("port_mapping",
                "'" + protocols_name(mapping) + "'",
                "translation " + word(to_string(b.translating)),
                "translation 'napt': there is no port to grant");
}

} // namespace

std::optional<Contradiction> contradiction(const Behaviour& behaviour) {
  for (const auto check :
       {without_ports, of_ports, of_pool, of_hairpin, of_lifetime, of_mtu, of_port_mapping})
    if (auto found = check(behaviour)) return found;
  return std::nullopt;
}

} // namespace hermesh::nat
