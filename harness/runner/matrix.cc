// SPDX-License-Identifier: MIT
#include "runner/matrix.hh"

#include "base/error.hh"
#include "base/suggest.hh"

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

using nat::Dependence;

std::string next_to(const TrialSpec& spec, const std::string& machine) {
  const auto chain = chain_of(spec.declared, machine);
  if (chain.empty())
    throw InputError("topology '" + spec.topology.name + "': found no gateway in front of '" +
                     machine + "', wanted one whose kind can be varied");
  return chain.front()->spec.name;
}

Gateway& gateway_of(Network& network, const std::string& name) {
  return *std::ranges::find(network.gateways, name, [](const auto& one) { return one.spec.name; });
}

void check_there(const TrialSpec& spec, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& gateway : spec.declared.gateways)
    names.push_back(gateway.spec.name);
  if (std::ranges::find(names, name) == names.end())
    throw InputError("--vary: found '" + name + "', wanted a gateway of topology '" +
                     spec.topology.name + "'" + did_you_mean(name, names));
}

} // namespace

std::vector<nat::Behaviour> nine_kinds(nat::FlowRule flows) {
  constexpr std::array grades{Dependence::endpoint_independent,
                              Dependence::address_dependent,
                              Dependence::address_and_port_dependent};
  std::vector<nat::Behaviour> kinds;
  for (const auto mapping : grades)
    for (const auto filtering : grades)
      kinds.push_back({.mapping = mapping,
                       .filtering = filtering,
                       .ports = mapping == Dependence::endpoint_independent
                                    ? nat::PortAssignment::preserve
                                    : nat::PortAssignment::random,
                       .flows = flows});
  return kinds;
}

MatrixPlan plan_matrix(const TrialSpec& spec,
                       nat::FlowRule flows,
                       const std::pair<std::string, std::string>& vary) {
  MatrixPlan plan{.gateways = vary, .kinds = nine_kinds(flows)};
  if (vary == std::pair<std::string, std::string>{})
    plan.gateways = {next_to(spec, spec.peer_a), next_to(spec, spec.peer_b)};
  check_there(spec, plan.gateways.first);
  check_there(spec, plan.gateways.second);
  if (plan.gateways.first == plan.gateways.second)
    throw InputError("--vary: found gateway '" + plan.gateways.first +
                     "' on both sides, wanted two: one gateway is of one kind");
  for (const auto& row : plan.kinds)
    for (const auto& column : plan.kinds) {
      plan.networks.push_back(spec.declared);
      gateway_of(plan.networks.back(), plan.gateways.first).behaviour = row;
      gateway_of(plan.networks.back(), plan.gateways.second).behaviour = column;
    }
  return plan;
}

} // namespace hermesh
