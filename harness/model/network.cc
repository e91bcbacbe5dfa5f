// SPDX-License-Identifier: MIT
#include "model/network.hh"

#include "base/error.hh"
#include "base/random.hh"

#include <algorithm>
#include <set>

namespace hermesh {
namespace {

/// MAC addresses of one network: locally administered (02:...), from the seed and the port's name.
class MacAddresses {
public:
  explicit MacAddresses(std::uint64_t seed) : seed_(seed) {}

  MacAddress of(const std::string& port) {
    for (unsigned attempt = 0;; ++attempt) {
      auto random = derive_seed(seed_, "mac " + port + " " + std::to_string(attempt));
      MacAddress mac{{0x02}};
      for (std::size_t i = 1; i < mac.bytes.size(); ++i, random >>= 8)
        mac.bytes[i] = static_cast<std::uint8_t>(random & 0xff);
      if (taken_.insert(mac).second) return mac;
    }
  }

private:
  std::uint64_t seed_;
  std::set<MacAddress> taken_;
};

[[noreturn]] void
not_applicable(const Topology& topology, const Scenario& scenario, const std::string& why) {
  throw InputError("scenario '" + scenario.name + "' is not applicable to topology '" +
                   topology.name + "': " + why);
}

bool matches(const GatewayRule& rule, const GatewaySpec& gateway) {
  return rule.gateway.empty() ? rule.role == gateway.role : rule.gateway == gateway.name;
}

/// A rule by name wins over one by role.
const nat::Behaviour&
behaviour_of(const GatewaySpec& gateway, const Topology& topology, const Scenario& scenario) {
  const GatewayRule* by_role = nullptr;
  for (const auto& rule : scenario.gateways) {
    if (!matches(rule, gateway)) continue;
    if (!rule.gateway.empty()) return rule.behaviour;
    by_role = &rule;
  }
  if (by_role != nullptr) return by_role->behaviour;
  not_applicable(topology,
                 scenario,
                 "it has no rule for role '" + gateway.role + "' of gateway '" + gateway.name +
                     "'");
}

void check_rules(const Topology& topology, const Scenario& scenario) {
  for (const auto& rule : scenario.gateways) {
    const bool used = std::ranges::any_of(
        topology.gateways, [&](const auto& gateway) { return matches(rule, gateway); });
    if (used) continue;
    const auto what = rule.gateway.empty() ? "gateway of role '" + rule.role + "'"
                                           : "gateway '" + rule.gateway + "'";
    not_applicable(
        topology, scenario, "it has a rule for a " + what + ", and the topology has none");
  }
}

/// A rule about IPv6 is for gateways that have it.
std::string ipv6_misfit(const Gateway& gateway) {
  if (gateway.behaviour.ipv6 == nat::Ipv6::filtered || gateway.spec.outside.ipv6) return {};
  return "its rule for gateway '" + gateway.spec.name + "' has ipv6 '" +
         to_string(gateway.behaviour.ipv6) + "', and the gateway has no IPv6 outside";
}

/// The gateway's external addresses beyond its own must be nobody else's.
std::string pool_misfit(const Network& network, const Gateway& gateway) {
  const std::uint32_t count = gateway.behaviour.external_addresses;
  const Attachment& outside = gateway.spec.outside;
  if (count == 1 || !outside.ipv4) return {};
  const std::uint32_t first = outside.ipv4->v4_value();
  const std::string wants = "gateway '" + gateway.spec.name + "' wants " + std::to_string(count) +
                            " addresses from " + to_string(*outside.ipv4) + " on, and ";
  const auto& prefix = segment_of(network, outside.segment).ipv4;
  if (!prefix || prefix->broadcast().v4_value() - first < count)
    return wants + "segment '" + outside.segment + "' has not so many";
  std::string why;
  const auto check = [&](const std::string& owner, const Attachment& other) {
    if (&other == &outside || other.segment != outside.segment || !other.ipv4) return;
    if (other.ipv4->v4_value() - first < count && why.empty())
      why = wants + to_string(*other.ipv4) + " is that of '" + owner + "'";
  };
  for (const auto& card : network.cards)
    check(card.machine, card.attachment);
  for (const auto& other : network.gateways) {
    check(other.spec.name, other.spec.outside);
    for (const auto& inside : other.spec.inside)
      check(other.spec.name, inside);
  }
  return why;
}

} // namespace

Network bind(const Topology& topology,
             const Scenario& scenario,
             const Profile& profile,
             std::uint64_t seed) {
  Network network{.segments = topology.segments, .cards = {}, .seed = seed};
  MacAddresses macs(seed);
  for (const auto& spec : topology.gateways) {
    Gateway gateway{.spec = spec, .behaviour = behaviour_of(spec, topology, scenario)};
    gateway.outside_mac = macs.of(spec.name + ".outside");
    for (const auto& inside : spec.inside)
      gateway.inside_macs.push_back(macs.of(spec.name + ".inside." + inside.segment));
    network.gateways.push_back(std::move(gateway));
  }
  check_rules(topology, scenario);
  for (const auto& machine : topology.machines)
    for (std::size_t i = 0; i < machine.cards.size(); ++i) {
      const auto name = "eth" + std::to_string(i);
      network.cards.push_back({.machine = machine.name,
                               .name = name,
                               .attachment = machine.cards[i],
                               .mac = macs.of(machine.name + "." + name),
                               .profile = profile});
    }
  if (const auto why = misfit(network); !why.empty()) not_applicable(topology, scenario, why);
  check_events(network, topology, scenario);
  return network;
}

std::string misfit(const Network& network) {
  auto why = unroutable(network);
  for (const auto& gateway : network.gateways) {
    if (why.empty()) why = pool_misfit(network, gateway);
    if (why.empty()) why = ipv6_misfit(gateway);
  }
  return why;
}

std::vector<Address> addresses_on(const Network& network, const std::string& segment) {
  std::vector<Address> addresses;
  const auto note = [&](const Attachment& at) {
    if (at.segment != segment) return;
    if (at.ipv4) addresses.push_back(*at.ipv4);
    if (at.ipv6) addresses.push_back(*at.ipv6);
  };
  for (const auto& card : network.cards)
    note(card.attachment);
  for (const auto& gateway : network.gateways) {
    note(gateway.spec.outside);
    std::ranges::for_each(gateway.spec.inside, note);
    const auto& outside = gateway.spec.outside;
    for (std::uint32_t i = 1; outside.ipv4 && i < gateway.behaviour.external_addresses; ++i)
      note({.segment = outside.segment, .ipv4 = Address::v4(outside.ipv4->v4_value() + i)});
  }
  return addresses;
}

std::vector<const Gateway*> chain_of(const Network& network, const std::string& machine) {
  const auto card = std::ranges::find(network.cards, machine, &Card::machine);
  if (card == network.cards.end())
    throw Error("there is no machine '" + machine + "' in this network");
  std::vector<const Gateway*> chain;
  const auto* segment = &card->attachment.segment;
  // A topology has no loop of gateways, so this ends; where a segment has several, the first is its
  // way out.
  while (true) {
    const auto way_out = std::ranges::find_if(network.gateways, [&](const Gateway& gateway) {
      return std::ranges::find(gateway.spec.inside, *segment, &Attachment::segment) !=
             gateway.spec.inside.end();
    });
    if (way_out == network.gateways.end()) return chain;
    chain.push_back(&*way_out);
    segment = &way_out->spec.outside.segment;
  }
}

const SegmentSpec& segment_of(const Network& network, const std::string& name) {
  const auto found = std::ranges::find(network.segments, name, &SegmentSpec::name);
  if (found == network.segments.end()) throw Error("there is no segment '" + name + "'");
  return *found;
}

} // namespace hermesh
