// SPDX-License-Identifier: MIT
#include "oracle/shared.hh"

#include <algorithm>
#include <array>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;

Side with_flows(Side side, Form form) {
  for (nat::Behaviour& layer : side.chain)
    layer.flows = form == Form::strict ? nat::FlowRule::strict : nat::FlowRule::reuse;
  return side;
}

bool is_strict(const nat::Behaviour& layer) {
  return layer.flows == nat::FlowRule::strict;
}

bool works(const Meeting& meeting, nat::Protocol protocol) {
  return std::ranges::all_of(admissions(meeting), is_admitted) && answers(meeting, protocol);
}

constexpr std::array grades{endpoint_independent, address_dependent, address_and_port_dependent};

} // namespace

bool direct(const Side& a, const Side& b, nat::Protocol protocol) {
  const auto meeting = meet(with_ports_clashing(a, b), with_ports_clashing(b, a));
  if (meeting.place == Meeting::Place::hairpin && meeting.turning().hairpin == nat::Hairpin::off)
    return false;
  return works(meeting, protocol) || works(back(meeting), protocol);
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
