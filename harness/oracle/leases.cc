// SPDX-License-Identifier: MIT
// Ports that a host asks its gateway for (RFC 6886, RFC 6887). What is granted makes the granting
// layer, and no other, endpoint-independent and open for that port (RFC 6887 section 11).
#include "oracle/leases.hh"

#include "oracle/shared.hh"

#include <algorithm>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;

bool speaks_mapping(const Abilities& abilities, const char* protocol) {
  return std::ranges::find(abilities.port_mapping, protocol) != abilities.port_mapping.end();
}

/// Is what the innermost gateway shows outside what the outermost shows?
bool is_shown_outside(const Side& side) {
  return std::all_of(side.chain.begin() + 1, side.chain.end(), [](const auto& layer) {
    return layer.translating == nat::Translating::none;
  });
}

/// Both without what they share beyond the granting gateway; empty when another of A's gateways
/// hides the address that was granted.
std::optional<std::pair<Side, Side>> at_granting_gateway(Side a, Side b) {
  while (a.chain.size() > 1 && share_a_gateway(a, b))
    for (Side* side : {&a, &b}) {
      side->chain.pop_back();
      side->gateways.pop_back();
    }
  if (!is_shown_outside(a)) return std::nullopt;
  return std::pair(a, b);
}

/// Where a gateway further out hides both, A learns nothing of B's address here but what B was
/// granted here. Do the filters between A's gateway and this place let B in without it, or with it?
bool filters_know(const Side& a_here,
                  const Side& b_here,
                  const Side& a,
                  const Abilities& abilities) {
  if (is_shown_outside(a)) return true; // the server tells
  const bool told = holds_lease(b_here, abilities) && is_shown_outside(b_here);
  const bool sends_from_there = told && b_here.chain.front().port_mapping.outbound;
  return std::all_of(a_here.chain.begin() + 1, a_here.chain.end(), [&](const auto& layer) {
    if (layer.filtering == endpoint_independent) return true;
    return layer.filtering == address_dependent ? told : sends_from_there;
  });
}

/// What B sends to the endpoint that A's gateway granted; empty when it does not get there.
std::optional<Meeting> at_lease(const Side& a, const Side& b, const Abilities& abilities) {
  auto sides = at_granting_gateway(a, b);
  if (!sides || !filters_know(sides->first, sides->second, a, abilities)) return std::nullopt;
  nat::Behaviour& gateway = sides->first.chain.front();
  gateway.filtering = endpoint_independent;
  // Where packets of A's own leave from another port, that port tells nothing of this one; and no
  // firewall further out knows of this one at all.
  if (!gateway.port_mapping.outbound) {
    if (sides->first.chain.size() > 1) return std::nullopt;
    gateway.mapping = address_and_port_dependent;
    gateway.overload_ports = false;
  }
  auto met = meet(with_ports_clashing(sides->first, sides->second),
                  with_ports_clashing(sides->second, sides->first));
  if (met.place == Meeting::Place::hairpin && met.turning().hairpin == nat::Hairpin::off)
    return std::nullopt;
  return met;
}

bool is_received(const Meeting& meeting) {
  return std::ranges::all_of(admissions(meeting), is_admitted);
}

/// Does one mapping serve all ports of a remote's address?
bool maps_by_address(const nat::Behaviour& layer) {
  return maps_independently(layer) || layer.mapping == address_dependent;
}

/// A's answer leaves from an ordinary mapping of its gateway, whose address B has sent to. A filter
/// that asks for the port too lets it in if B sends to that endpoint as well, from the very mapping
/// whose packets A answers: B knows it from the server, or from what A sent to the port that B was
/// granted itself.
bool answers_where_it_is_expected(const Meeting& met,
                                  const Side& a,
                                  const Side& b,
                                  const Abilities& abilities) {
  if (met.shows_inside_sources()) return false;
  const bool told_by_server = is_shown_outside(a) && steadiness(a).endpoint;
  const auto other = holds_lease(b, abilities) ? at_lease(b, a, abilities) : std::nullopt;
  const bool seen_by_b = other && is_received(*other) && maps_by_address(a.chain.front());
  const bool asks_there = told_by_server || seen_by_b;
  bool from_one_mapping = steadiness(met.a).address;
  return std::ranges::all_of(met.b.chain, [&](const auto& layer) {
    from_one_mapping = from_one_mapping && maps_by_address(layer);
    if (layer.filtering != address_and_port_dependent)
      return layer.filtering == endpoint_independent || steadiness(met.a).address;
    return asks_there && from_one_mapping;
  });
}

} // namespace

bool holds_lease(const Side& side, const Abilities& abilities) {
  if (side.chain.empty()) return false;
  const nat::PortMapping& mapping = side.chain.front().port_mapping;
  return mapping.grants() && ((mapping.nat_pmp && speaks_mapping(abilities, "nat-pmp")) ||
                              (mapping.pcp && speaks_mapping(abilities, "pcp")));
}

Side with_lease(Side side, const Abilities& abilities) {
  if (!holds_lease(side, abilities) || !side.chain.front().port_mapping.outbound) return side;
  nat::Behaviour& gateway = side.chain.front();
  gateway.mapping = gateway.filtering = endpoint_independent;
  gateway.overload_ports = false;
  gateway.pooling = nat::Pooling::paired;
  gateway.absolute_lifetime = {};
  return side;
}

bool meets_at_lease(const Side& a, const Side& b, const Abilities& abilities) {
  if (!holds_lease(a, abilities)) return false;
  const auto met = at_lease(a, b, abilities);
  if (!met || !is_received(*met)) return false;
  return answers(*met) || answers_where_it_is_expected(*met, a, b, abilities);
}

} // namespace hermesh::oracle
