// SPDX-License-Identifier: MIT
// When a hole can be punched through two chains that share nothing. The rule for one NAT on each
// side is the one that measured tables of all 81 pairs obey (57 direct with flow reuse, 45
// without); RFC 5128 section 3.3 explains the technique.
#include "oracle/formula.hh"

#include <algorithm>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;

/// What becomes of the address once the endpoint is another.
bool keeps_address(const nat::Behaviour& layer, bool inside_address_is_kept) {
  if (layer.translating != nat::Translating::napt) return inside_address_is_kept;
  if (layer.external_addresses == 1) return true;
  return layer.pooling == nat::Pooling::paired && inside_address_is_kept;
}

Admission admission(const nat::Behaviour& layer, const Steadiness& own, const Steadiness& peer) {
  switch (layer.filtering) {
  case endpoint_independent: return Admission::open;
  case address_dependent:
    if (!own.endpoint) return Admission::unasked_mapping;
    return peer.address ? Admission::address_known : Admission::other_address;
  case address_and_port_dependent:
    if (!own.endpoint) return Admission::unasked_mapping;
    return peer.endpoint ? Admission::endpoint_known : Admission::other_port;
  }
  return Admission::unasked_mapping;
}

} // namespace

bool is_admitted(Admission admission) {
  return admission == Admission::open || admission == Admission::address_known ||
         admission == Admission::endpoint_known;
}

bool maps_independently(const nat::Behaviour& layer) {
  return layer.mapping == endpoint_independent || layer.overload_ports;
}

Steadiness steadiness(const Side& side, std::size_t layers) {
  Steadiness steady;
  for (std::size_t i = 0; i < layers; ++i) {
    steady.endpoint = steady.endpoint && maps_independently(side.chain[i]);
    if (!steady.endpoint) steady.address = keeps_address(side.chain[i], steady.address);
  }
  return steady;
}

Steadiness steadiness(const Side& side) {
  return steadiness(side, side.chain.size());
}

std::vector<Admission> admissions(const Side& a, const Side& b) {
  std::vector<Admission> result;
  const Steadiness peer = steadiness(b);
  for (std::size_t i = 0; i < a.chain.size(); ++i)
    result.push_back(admission(a.chain[i], steadiness(a, i + 1), peer));
  return result;
}

bool receives(const Side& a, const Side& b) {
  return std::ranges::all_of(admissions(a, b), is_admitted);
}

bool answers_from_where_it_came(const Side& a) {
  return std::ranges::all_of(a.chain, [](const auto& layer) {
    return maps_independently(layer) || layer.flows == nat::FlowRule::reuse;
  });
}

bool answers(const Side& a, const Side& b, nat::Protocol protocol) {
  if (answers_from_where_it_came(a)) return true;
  if (protocol == nat::Protocol::tcp) return false;
  const bool from_that_address = steadiness(a).address;
  return std::ranges::all_of(b.chain, [&](const auto& layer) {
    return layer.filtering == endpoint_independent ||
           (layer.filtering == address_dependent && from_that_address);
  });
}

} // namespace hermesh::oracle
