// SPDX-License-Identifier: MIT
#include "runner/trial_spec.hh"

#include "base/error.hh"
#include "base/suggest.hh"
#include "model/catalog.hh"

#include <algorithm>
#include <array>
#include <map>
#include <ranges>

namespace hermesh {
namespace {

using nat::Dependence;

constexpr std::array grades{Dependence::endpoint_independent,
                            Dependence::address_dependent,
                            Dependence::address_and_port_dependent};

[[noreturn]] void bad_fault(const LabFault& fault, const std::vector<std::string>& wanted) {
  std::string list;
  for (const auto& name : wanted)
    list += (list.empty() ? "" : ", ") + name;
  throw InputError("--lab-fault: " + fault.gateway + ":" + fault.field + ": found '" + fault.value +
                   "', wanted one of " + list + did_you_mean(fault.value, wanted));
}

/// The value among `all` that prints as `fault.value`.
template <typename Values, typename Print>
auto named(const LabFault& fault, const Values& all, Print print) {
  std::vector<std::string> names;
  for (const auto value : all) {
    if (print(value) == fault.value) return value;
    names.push_back(print(value));
  }
  bad_fault(fault, names);
}

void apply(const LabFault& fault, nat::Behaviour& behaviour) {
  constexpr std::array ports{nat::PortAssignment::preserve, nat::PortAssignment::random};
  constexpr std::array flows{nat::FlowRule::reuse, nat::FlowRule::strict};
  const auto print = [](auto value) { return nat::to_string(value); };
  if (fault.field == "mapping")
    behaviour.mapping = named(fault, grades, nat::mapping_name);
  else if (fault.field == "filtering")
    behaviour.filtering = named(fault, grades, nat::filtering_name);
  else if (fault.field == "ports")
    behaviour.ports = named(fault, ports, print);
  else if (fault.field == "flows")
    behaviour.flows = named(fault, flows, print);
  else if (fault.field == "udp")
    behaviour.udp_blocked = named(fault, std::array{false, true}, [](bool blocked) {
      return std::string(blocked ? "blocked" : "allowed");
    });
  else
    throw InputError(
        "--lab-fault: found field '" + fault.field +
        "', wanted one of mapping, filtering, ports, flows, udp" +
        did_you_mean(fault.field,
                     std::array<std::string, 5>{"mapping", "filtering", "ports", "flows", "udp"}));
}

void apply(const LabFault& fault, Network& network) {
  std::vector<std::string> names;
  for (auto& gateway : network.gateways) {
    if (gateway.spec.name == fault.gateway) return apply(fault, gateway.behaviour);
    names.push_back(gateway.spec.name);
  }
  throw InputError("--lab-fault: there is no gateway '" + fault.gateway + "' in this topology" +
                   did_you_mean(fault.gateway, names));
}

std::string first_of_role(const Topology& topology, std::string_view role, std::size_t skip) {
  for (const auto& machine : topology.machines)
    if (machine.role == role && skip-- == 0) return machine.name;
  return {};
}

const Card& first_card(const Network& network, const std::string& machine) {
  const auto found = std::ranges::find(network.cards, machine, &Card::machine);
  if (found == network.cards.end()) throw Error("machine '" + machine + "' has no card");
  return *found;
}

Address address_of(const Attachment& attachment) {
  if (attachment.ipv4) return *attachment.ipv4;
  if (attachment.ipv6) return *attachment.ipv6;
  throw Error("no address on segment '" + attachment.segment + "'");
}

/// The segment that is no gateway's inside: the emulated Internet.
const SegmentSpec& outermost(const Topology& topology) {
  const auto is_inside = [&](const SegmentSpec& segment) {
    return std::ranges::any_of(topology.gateways, [&](const GatewaySpec& gateway) {
      return std::ranges::find(gateway.inside, segment.name, &Attachment::segment) !=
             gateway.inside.end();
    });
  };
  const auto found = std::ranges::find_if_not(topology.segments, is_inside);
  if (found == topology.segments.end()) throw Error("the topology has no outermost segment");
  return *found;
}

} // namespace

LabFault parse_lab_fault(const std::string& text) {
  const auto colon = text.find(':');
  const auto equals = text.find('=', colon == std::string::npos ? 0 : colon);
  if (colon == std::string::npos || equals == std::string::npos)
    throw InputError("--lab-fault: found '" + text +
                     "', wanted GATEWAY:FIELD=VALUE, for example gw-a:mapping=APDM");
  return {.gateway = text.substr(0, colon),
          .field = text.substr(colon + 1, equals - colon - 1),
          .value = text.substr(equals + 1)};
}

TrialSpec plan_trial(const Catalog& catalog, const TrialRequest& request) {
  TrialSpec spec;
  spec.topology = catalog.topology(request.topology);
  spec.scenario = catalog.scenario(request.scenario);
  spec.profile = catalog.profile(request.profile);
  spec.vpn = catalog.vpn(request.vpn, {request.settings.begin(), request.settings.end()});
  spec.settings = request.settings;
  spec.seed = request.seed;
  spec.declared = bind(spec.topology, spec.scenario, spec.profile, spec.seed);
  spec.built = spec.declared;
  for (const auto& fault : request.faults)
    apply(fault, spec.built);
  spec.peer_a = first_of_role(spec.topology, "peer", 0);
  spec.peer_b = first_of_role(spec.topology, "peer", 1);
  spec.relay = first_of_role(spec.topology, "relay", 0);
  spec.workloads = request.workloads;
  spec.replaced_binary = request.replaced_binary;
  render(spec.vpn, deployed_machines(spec), spec.seed);
  return spec;
}

std::vector<DeployedMachine> deployed_machines(const TrialSpec& spec) {
  std::vector<DeployedMachine> result;
  for (const auto& machine : spec.topology.machines) {
    const auto chain = chain_of(spec.declared, machine.name);
    const auto underlay = address_of(first_card(spec.declared, machine.name).attachment);
    result.push_back(
        {.name = machine.name,
         .role = machine.role,
         .underlay = underlay,
         .public_address = chain.empty() ? underlay : address_of(chain.back()->spec.outside),
         .reachable = chain.empty()});
  }
  return result;
}

TrialSpec public_twin(const TrialSpec& spec) {
  auto twin = spec;
  const auto& internet = outermost(spec.topology);
  std::uint32_t host = 0xf000; // far from what a topology gives by hand or by default
  for (auto& machine : twin.topology.machines) {
    if (machine.role != "peer") continue;
    machine.cards = {{.segment = internet.name}};
    if (internet.ipv4) machine.cards[0].ipv4 = internet.ipv4->host(host);
    if (internet.ipv6) machine.cards[0].ipv6 = internet.ipv6->host(host);
    ++host;
  }
  for (auto& card : twin.declared.cards) {
    const auto machine =
        std::ranges::find(twin.topology.machines, card.machine, &MachineSpec::name);
    if (machine->role == "peer" && card.name == "eth0") card.attachment = machine->cards[0];
  }
  twin.built = twin.declared;
  return twin;
}

oracle::Side side_of(const Network& network, const std::string& machine) {
  oracle::Side side;
  if (machine.empty()) return side;
  for (const auto* gateway : chain_of(network, machine))
    side.chain.push_back(gateway->behaviour);
  return side;
}

} // namespace hermesh
