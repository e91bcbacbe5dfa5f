// SPDX-License-Identifier: MIT
#pragma once

#include "model/event.hh"
#include "nat/behaviour.hh"

#include <string>
#include <vector>

namespace hermesh {

/// How the gateways of one role (or one gateway by name, which wins over its role) behave.
struct GatewayRule {
  std::string role{}; ///< exactly one of `role` and `gateway` is set
  std::string gateway{};
  nat::Behaviour behaviour{};

  bool operator==(const GatewayRule&) const = default;
};

/// The behaviour of each gateway: nat-scenarios/*.json. It expects nothing: expectations are the
/// oracle's.
struct Scenario {
  std::string name;
  std::string description{};
  std::string stands_for{}; ///< the real-world case; empty: not said
  std::string source{};     ///< who documents that devices behave so; empty: not said
  std::vector<GatewayRule> gateways{};
  std::vector<EventSpec> events{}; ///< in order of time; none lasts into the next

  bool operator==(const Scenario&) const = default;
};

} // namespace hermesh
