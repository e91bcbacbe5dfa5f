// SPDX-License-Identifier: MIT
// When a hole can be punched. The rule for one NAT on each side is the one that measured tables of
// all 81 pairs obey (57 direct with flow reuse, 45 without); RFC 5128 section 3.3 explains the
// technique.
#include "oracle/oracle.hh"

#include <algorithm>
#include <array>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;

bool maps_independently(const nat::Behaviour& layer) {
  return layer.mapping == endpoint_independent;
}

bool all_map_independently(const Side& side) {
  return std::ranges::all_of(side.chain, maps_independently);
}

Side with_flows(Side side, Form form) {
  for (nat::Behaviour& layer : side.chain)
    layer.flows = form == Form::strict ? nat::FlowRule::strict : nat::FlowRule::reuse;
  return side;
}

bool is_strict(const nat::Behaviour& layer) {
  return layer.flows == nat::FlowRule::strict;
}

constexpr std::array grades{endpoint_independent, address_dependent, address_and_port_dependent};

} // namespace

bool receives(const Side& a, const Side& b) {
  bool told_truly =
      true; // is the endpoint that A was told good for this remote too, up to this layer?
  const bool b_is_where_it_said = all_map_independently(b);
  for (const nat::Behaviour& layer : a.chain) {
    told_truly = told_truly && maps_independently(layer);
    switch (layer.filtering) {
    case endpoint_independent: break;
    case address_dependent:
      if (!told_truly) return false;
      break;
    case address_and_port_dependent:
      if (!told_truly || !b_is_where_it_said) return false;
      break;
    }
  }
  return true;
}

bool answers(const Side& a, const Side& b) {
  const bool from_where_it_came = std::ranges::all_of(
      a.chain, [](const auto& layer) { return maps_independently(layer) || !is_strict(layer); });
  return from_where_it_came || std::ranges::none_of(b.chain, [](const auto& layer) {
           return layer.filtering == address_and_port_dependent;
         });
}

bool direct(const Side& a, const Side& b) {
  return (receives(a, b) && answers(a, b)) || (receives(b, a) && answers(b, a));
}

bool direct(const Side& a, const Side& b, Form form) {
  return direct(with_flows(a, form), with_flows(b, form));
}

Form form_of(const Side& a, const Side& b) {
  return std::ranges::any_of(a.chain, is_strict) || std::ranges::any_of(b.chain, is_strict)
             ? Form::strict
             : Form::reuse;
}

std::vector<Cell> table(Form form) {
  std::vector<nat::Behaviour> kinds;
  for (const nat::Dependence mapping : grades)
    for (const nat::Dependence filtering : grades)
      kinds.push_back({.mapping = mapping, .filtering = filtering});
  const auto name = [](const nat::Behaviour& kind) {
    return mapping_name(kind.mapping) + "/" + filtering_name(kind.filtering);
  };
  std::vector<Cell> cells;
  for (const nat::Behaviour& a : kinds)
    for (const nat::Behaviour& b : kinds)
      cells.push_back(
          {.a = name(a),
           .b = name(b),
           .path = direct(Side{{a}}, Side{{b}}, form) ? PathKind::direct : PathKind::relayed});
  return cells;
}

} // namespace hermesh::oracle
