// SPDX-License-Identifier: MIT
#pragma once

#include "model/network.hh"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hermesh {

/// A gateway's port on a segment, by index.
struct GatewayPlace {
  std::uint32_t segment = 0;
  std::uint32_t port = 0;
};

/// One side of a gateway: what it is called on that segment.
struct GatewaySide {
  struct Lease {
    MacAddress mac;
    Address address;
  };

  GatewayPlace place{};
  MacAddress mac{};
  std::optional<Address> ipv4{}, ipv6{};
  std::optional<Prefix> ipv4_prefix{}, ipv6_prefix{};
  bool dhcp = false;
  std::vector<Lease> leases{}; ///< of the cards and gateways on this segment
};

/// What is not translated on its way out has to be known by prefix: what lies behind a neighbouring
/// gateway.
struct RouteBehind {
  Prefix prefix;
  std::uint32_t side = 0;
  Address next_hop{};
};

/// What one gateway has to know of the network: worked out once, when the fabric is made.
struct GatewayPlan {
  GatewayPlan(const Network& network, std::size_t gateway, std::span<const GatewayPlace> places);

  std::string name;
  nat::Behaviour behaviour{};
  std::uint64_t seed = 0;
  std::vector<GatewaySide> sides{};       ///< 0 is the outside
  std::optional<Address> upstream_ipv4{}; ///< the gateway whose inside is this one's outside
  std::optional<Address> upstream_ipv6{};
  std::optional<Address>
      gateway_inside{}; ///< the outside address of a gateway on an inside segment
  std::optional<Address> only_host_inside{}; ///< when the inside segments hold exactly one card
  std::vector<RouteBehind> routes_behind{};
  std::vector<Prefix> lab{}; ///< every segment's prefixes: what is not outside the lab
};

} // namespace hermesh
