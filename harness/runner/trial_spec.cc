// SPDX-License-Identifier: MIT
#include "runner/trial_spec.hh"

#include "base/error.hh"
#include "model/catalog.hh"
#include "runner/certificate.hh"

#include <algorithm>
#include <map>
#include <ranges>

namespace hermesh {
namespace {

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

/// What a topology may say and this version cannot measure yet: told before anything is started.
void check_supported(const TrialSpec& spec, const std::string& file) {
  if (const auto why = unmeasurable(spec.declared); !why.empty())
    throw InputError(file + ": " + why);
  for (const auto& machine : spec.topology.machines)
    if (!machine.cards.front().ipv4)
      throw InputError(file + ": machine '" + machine.name +
                       "': found a first card without IPv4, wanted one with: the harness needs it");
}

/// A program can only be killed where the VPN runs one.
void check_killable(const TrialSpec& spec) {
  for (const auto& event : spec.scenario.events) {
    if (event.kind != EventKind::relay_reset) continue;
    for (const auto& target : targets_of(event, spec.topology)) {
      const auto machine = std::ranges::find(spec.topology.machines, target, &MachineSpec::name);
      const auto& role = machine->role == "peer" ? spec.vpn.peer : spec.vpn.relay;
      if (role.daemon.empty())
        throw InputError("scenario '" + spec.scenario.name + "' is not applicable to VPN '" +
                         spec.vpn.name + "': it runs nothing on '" + target +
                         "' that 'relay-reset' could kill");
    }
  }
}

/// What the gateways do to IPv6: they translate nothing, and filter as they do IPv4.
Network with_firewalls_only(Network network) {
  for (auto& gateway : network.gateways)
    gateway.behaviour = as_firewall(gateway.behaviour);
  return network;
}

/// The gateway in front of either that lets no IPv6 through; empty: none.
std::string ipv6_ends_at(const Network& network, const std::string& a, const std::string& b) {
  for (const auto& machine : {a, b})
    for (const auto* gateway : chain_of(network, machine))
      if (gateway->behaviour.ipv6 == nat::Ipv6::dropped ||
          gateway->behaviour.ipv6 == nat::Ipv6::unreachable)
        return gateway->spec.name;
  return "";
}

} // namespace

Address public_address_of(const Network& network, const std::string& machine) {
  auto address = address_of(first_card(network, machine).attachment);
  for (const auto* gateway : chain_of(network, machine))
    if (address.is_v4() && gateway->behaviour.translating != nat::Translating::none)
      address = address_of(gateway->spec.outside);
  return address;
}

namespace {

bool forwards_ipv6(const Network& network, const std::string& machine) {
  return std::ranges::all_of(chain_of(network, machine), [](const Gateway* gateway) {
    return gateway->spec.outside.ipv6 &&
           std::ranges::any_of(gateway->spec.inside,
                               [](const Attachment& at) { return at.ipv6.has_value(); });
  });
}

constexpr std::size_t most_twins = 64; ///< more peers than any topology has

/// The highest addresses of a segment that nobody has.
std::vector<Address> free_hosts(const Network& network, const SegmentSpec& segment) {
  if (!segment.ipv4) throw Error("segment '" + segment.name + "' has no IPv4 for twins");
  const auto taken = addresses_on(network, segment.name);
  std::vector<Address> free;
  const auto bits = 32 - segment.ipv4->length;
  const std::uint32_t broadcast = (std::uint32_t{1} << bits) - 1;
  for (std::uint32_t host = broadcast - 1; host > 0 && free.size() < most_twins; --host)
    if (const auto address = segment.ipv4->host(host); std::ranges::count(taken, address) == 0)
      free.push_back(address);
  return free;
}

} // namespace

TrialSpec plan_trial(const Catalog& catalog, const TrialRequest& request) {
  TrialSpec spec;
  spec.request = request;
  spec.topology = catalog.topology(request.topology);
  spec.scenario = catalog.scenario(request.scenario);
  spec.profile = catalog.profile(request.profile);
  spec.vpn = catalog.vpn(request.vpn, {request.settings.begin(), request.settings.end()});
  spec.settings = request.settings;
  spec.seed = request.seed;
  spec.declared = bind(spec.topology, spec.scenario, spec.profile, spec.seed);
  spec.built = spec.declared;
  apply_lab_faults(request.faults, spec.built);
  const auto peers = machines_of(spec.topology, "peer");
  spec.peer_a = peers.at(0);
  spec.peer_b = peers.at(1);
  spec.relays = machines_of(spec.topology, "relay");
  check_supported(spec, catalog.topology_file(request.topology).string());
  check_killable(spec);
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
    result.push_back({.name = machine.name,
                      .role = machine.role,
                      .underlay = underlay,
                      .public_address = public_address_of(spec.declared, machine.name),
                      .reachable = chain.empty()});
  }
  return result;
}

TrialSpec public_twin(const TrialSpec& spec) {
  auto twin = spec;
  const auto& internet = outermost(spec.topology);
  const auto hosts = free_hosts(spec.declared, internet);
  std::uint32_t peers = 0;
  for (auto& machine : twin.topology.machines) {
    if (machine.role != "peer") continue;
    if (peers >= hosts.size())
      throw Error("segment '" + internet.name + "' has no free address for the twin of '" +
                  machine.name + "'");
    machine.cards = {{.segment = internet.name, .ipv4 = hosts[peers]}};
    if (internet.ipv6) machine.cards[0].ipv6 = internet.ipv6->host(0xf000 + peers);
    ++peers;
  }
  for (auto& card : twin.declared.cards) {
    const auto machine =
        std::ranges::find(twin.topology.machines, card.machine, &MachineSpec::name);
    if (machine->role == "peer" && card.name == "eth0") card.attachment = machine->cards[0];
  }
  twin.built = twin.declared;
  return twin;
}

std::vector<std::string> machines_of(const Topology& topology, std::string_view role) {
  std::vector<std::string> names;
  for (const auto& machine : topology.machines)
    if (machine.role == role) names.push_back(machine.name);
  return names;
}

std::optional<oracle::Side> relay_side_of(const Network& network,
                                          const std::vector<std::string>& relays) {
  std::optional<oracle::Side> easiest;
  for (const auto& relay : relays)
    if (auto side = side_of(network, relay); !easiest || side.chain.size() < easiest->chain.size())
      easiest = std::move(side);
  return easiest;
}

oracle::Side side_of(const Network& network, const std::string& machine) {
  oracle::Side side{.chain = {}, .segment = first_card(network, machine).attachment.segment};
  for (const auto* gateway : chain_of(network, machine)) {
    side.chain.push_back(gateway->behaviour);
    side.gateways.push_back(gateway->spec.name);
  }
  return side;
}

std::vector<oracle::Pairing> pairings_of(const Network& network,
                                         const std::string& a,
                                         const std::string& b,
                                         const std::vector<std::string>& relays,
                                         const Abilities& abilities) {
  std::vector<oracle::Pairing> families;
  const auto have = [&](std::optional<Address> Attachment::*family) {
    return first_card(network, a).attachment.*family && first_card(network, b).attachment.*family;
  };
  if (have(&Attachment::ipv4))
    families.push_back({.family = "IPv4",
                        .a = side_of(network, a),
                        .b = side_of(network, b),
                        .relay = relay_side_of(network, relays)});
  if (!abilities.uses_ipv6 || !have(&Attachment::ipv6)) return families;
  std::vector<std::string> relays_of_ipv6;
  for (const auto& relay : relays)
    if (first_card(network, relay).attachment.ipv6) relays_of_ipv6.push_back(relay);
  const auto untranslated = with_firewalls_only(network);
  if (forwards_ipv6(network, a) && forwards_ipv6(network, b))
    families.push_back({.family = "IPv6",
                        .a = side_of(untranslated, a),
                        .b = side_of(untranslated, b),
                        .relay = relay_side_of(untranslated, relays_of_ipv6),
                        .lost_at = ipv6_ends_at(network, a, b)});
  return families;
}

} // namespace hermesh
