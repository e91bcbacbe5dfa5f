// SPDX-License-Identifier: MIT
#pragma once

#include "model/profile.hh"
#include "model/scenario.hh"
#include "model/topology.hh"

#include <cstdint>
#include <string>
#include <vector>

namespace hermesh {

/// One network card of a machine, as a port of the fabric.
struct Card {
  std::string machine;
  std::string name; ///< "eth0"; the port's name is "machine.eth0"
  Attachment attachment;
  MacAddress mac;
  Profile profile{}; ///< applies to what the machine sends (netem on its card, as the study did)

  bool operator==(const Card&) const = default;
};

struct Gateway {
  GatewaySpec spec;
  nat::Behaviour behaviour{};
  MacAddress outside_mac{};
  std::vector<MacAddress> inside_macs{}; ///< one per `spec.inside`

  bool operator==(const Gateway&) const = default;
};

/// Everything the fabric needs to build a trial's network: a topology bound to a scenario and a
/// profile, with MAC addresses and randomness derived from the trial's seed. The same inputs give
/// the same value.
struct Network {
  std::vector<SegmentSpec> segments;
  std::vector<Gateway> gateways{};
  std::vector<Card> cards;
  std::uint64_t seed = 0;

  bool operator==(const Network&) const = default;
};

/// Joins the three by role. Throws InputError naming the gateway when a gateway's role has no rule
/// ("not applicable"), or a rule names a role or gateway that the topology lacks.
Network bind(const Topology& topology,
             const Scenario& scenario,
             const Profile& profile,
             std::uint64_t seed);

/// A prefix behind a gateway, which its neighbours reach through it.
struct Route {
  Prefix prefix;
  Address next_hop;

  bool operator==(const Route&) const = default;
};
/// From a segment inwards: what its gateways have behind them and do not translate. That is every
/// IPv6 prefix, and IPv4 behind firewalls.
std::vector<Route> routes_inwards(const Network& network, const std::string& segment);

/// Why hosts outside could have no route to what a gateway leaves untranslated; empty: they can.
std::string unroutable(const Network& network);

/// Why the gateways cannot behave as they do in this network: unroutable, a pool that covers
/// somebody's address, a rule about IPv6 where there is none; empty: they can.
std::string misfit(const Network& network);

/// Every address of either family that a card has on the segment, or a gateway, pool included.
std::vector<Address> addresses_on(const Network& network, const std::string& segment);

/// The segment of that name. Throws Error when there is none.
const SegmentSpec& segment_of(const Network& network, const std::string& name);

/// The gateways between a machine's first card and the outermost segment, innermost first.
std::vector<const Gateway*> chain_of(const Network& network, const std::string& machine);

} // namespace hermesh
