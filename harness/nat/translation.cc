// SPDX-License-Identifier: MIT
#include "nat/translation.hh"

namespace hermesh::nat {

std::string to_string(Protocol protocol) {
  switch (protocol) {
  case Protocol::udp: return "udp";
  case Protocol::tcp: return "tcp";
  case Protocol::icmp: return "icmp";
  }
  return "?";
}

std::string to_string(Refusal refusal) {
  switch (refusal) {
  case Refusal::none: return "none";
  case Refusal::no_mapping: return "no mapping";
  case Refusal::filtered: return "filtered";
  case Refusal::ports_exhausted: return "ports exhausted";
  case Refusal::host_limit: return "host limit";
  case Refusal::table_full: return "table full";
  }
  return "?";
}

} // namespace hermesh::nat
