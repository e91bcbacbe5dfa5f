// SPDX-License-Identifier: MIT
#pragma once

#include "runner/attempts.hh"

#include <string>
#include <utility>
#include <vector>

namespace hermesh {

/// What a matrix varies: two gateways, each through the nine mapping x filtering kinds.
struct MatrixPlan {
  std::pair<std::string, std::string> gateways{}; ///< rows, columns
  std::vector<nat::Behaviour> kinds{};
  std::vector<Network> networks{}; ///< kinds x kinds, row by row; the other gateways stay
};

/// The nine mapping x filtering kinds, in the oracle's order; EIM keeps ports, the others draw
/// them.
std::vector<nat::Behaviour> nine_kinds(nat::FlowRule flows);

/// `vary`: two gateways by name; both empty: those next to the pair's machines. Throws InputError
/// when the topology has no such gateway, or a peer none.
MatrixPlan plan_matrix(const TrialSpec& spec,
                       nat::FlowRule flows,
                       const std::pair<std::string, std::string>& vary = {});

} // namespace hermesh
