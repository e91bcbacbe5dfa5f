// SPDX-License-Identifier: MIT
#include "oracle/luck.hh"

#include "oracle/formula.hh"
#include "oracle/shared.hh"

#include <vector>

namespace hermesh::oracle {
namespace {

bool draws_addresses(const nat::Behaviour& layer) {
  return layer.pooling == nat::Pooling::arbitrary && !maps_independently(layer);
}

/// From its ports the next is known, or is one of few.
bool counts(const nat::Behaviour& layer) {
  switch (layer.ports) {
  case nat::PortAssignment::sequential_up:
  case nat::PortAssignment::sequential_down:
  case nat::PortAssignment::block: return true;
  case nat::PortAssignment::preserve:
  case nat::PortAssignment::random:
  case nat::PortAssignment::preserve_then_random: return false;
  }
  return false;
}

bool is_guessed(const nat::Behaviour& layer, const Abilities& abilities) {
  return abilities.predicts_ports && counts(layer) && !maps_independently(layer);
}

bool overloads(const nat::Behaviour& layer) {
  return layer.overload_ports && layer.mapping != nat::Dependence::endpoint_independent;
}

void note_chances(const nat::Behaviour& layer,
                  const std::string& name,
                  bool shared,
                  const Abilities& abilities,
                  std::vector<std::string>& found) {
  if (draws_addresses(layer)) found.push_back(name + " draws among its addresses (RFC 4787 REQ-2)");
  if (is_guessed(layer, abilities))
    found.push_back("the ports of " + name + " can be guessed (RFC 5128 section 3.5)");
  if (shared && overloads(layer))
    found.push_back("both share the ports of " + name + " (RFC 4787 REQ-3)");
}

} // namespace

Side at_best(Side side, const Abilities& abilities) {
  for (nat::Behaviour& layer : side.chain) {
    if (overloads(layer) || is_guessed(layer, abilities))
      layer.mapping = nat::Dependence::endpoint_independent;
    layer.overload_ports = false;
    layer.pooling = nat::Pooling::paired;
  }
  return side;
}

std::string name_of(const Side& side, std::size_t layer, const std::string& who) {
  if (layer < side.gateways.size()) return side.gateways[layer];
  if (side.chain.size() == 1) return who + "'s gateway";
  return who + "'s gateway " + std::to_string(layer + 1);
}

std::string chances(const Side& a, const Side& b, const Abilities& abilities) {
  std::vector<std::string> found;
  const auto own_of_a = without_shared(a, b).a.chain.size();
  const auto own_of_b = without_shared(b, a).a.chain.size();
  for (std::size_t i = 0; i < a.chain.size(); ++i)
    note_chances(a.chain[i], name_of(a, i, "A"), i >= own_of_a, abilities, found);
  for (std::size_t i = 0; i < own_of_b; ++i) // what is shared was said of A
    note_chances(b.chain[i], name_of(b, i, "B"), false, abilities, found);
  std::string text;
  for (const auto& one : found)
    text += (text.empty() ? "" : " and ") + one;
  return text;
}

} // namespace hermesh::oracle
