// SPDX-License-Identifier: MIT
#include "fabric/ledger.hh"

namespace hermesh {

std::string to_string(DropReason reason) {
  switch (reason) {
  case DropReason::none: return "none";
  case DropReason::malformed: return "malformed";
  case DropReason::forged_source: return "forged-source";
  case DropReason::no_port_room: return "no-port-room";
  case DropReason::link_loss: return "link-loss";
  case DropReason::link_full: return "link-full";
  case DropReason::cut: return "cut";
  case DropReason::not_for_gateway: return "not-for-gateway";
  case DropReason::ttl_expired: return "ttl-expired";
  case DropReason::no_route: return "no-route";
  case DropReason::outside_lab: return "outside-lab";
  case DropReason::neighbour_unresolved: return "neighbour-unresolved";
  case DropReason::nat_no_mapping: return "nat-no-mapping";
  case DropReason::nat_filtered: return "nat-filtered";
  case DropReason::nat_ports_exhausted: return "nat-ports-exhausted";
  case DropReason::out_policy: return "out-policy";
  case DropReason::too_big: return "too-big";
  case DropReason::unsupported: return "unsupported";
  case DropReason::fragment_timeout: return "fragment-timeout";
  case DropReason::fragment_overlap: return "fragment-overlap";
  case DropReason::count_: break;
  }
  return "unknown";
}

} // namespace hermesh
