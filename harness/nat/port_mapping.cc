// SPDX-License-Identifier: MIT
#include "nat/port_mapping.hh"

namespace hermesh::nat {

std::string to_string(Refusing refusing) {
  switch (refusing) {
  case Refusing::no: return "no";
  case Refusing::not_authorized: return "not-authorized";
  case Refusing::no_resources: return "no-resources";
  case Refusing::network_failure: return "network-failure";
  }
  return "?";
}

std::string protocols_name(const PortMapping& mapping) {
  if (mapping.nat_pmp && mapping.pcp) return "nat-pmp and pcp";
  if (mapping.nat_pmp) return "nat-pmp";
  return mapping.pcp ? "pcp" : "none";
}

} // namespace hermesh::nat
