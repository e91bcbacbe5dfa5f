// SPDX-License-Identifier: MIT
#pragma once

#include "report/result.hh"
#include "runner/lab.hh"
#include "runner/path_phase.hh"

#include <string>
#include <vector>

namespace hermesh {

/// Proof by intervention: whoever could relay is cut off for 3 s while the probes go on. On a
/// direct path they must continue, on a relayed one they must stop. All are back when this returns.
ProofResult prove_by_cut(Lab& lab,
                         PathPhase& probing,
                         const std::vector<std::string>& relays,
                         PathKind claimed);

/// Every gateway lets everything through (or is as before again).
void open_gateways(Lab& lab, const Network& network, bool on);

/// First control of an unreachable: with every gateway opened, the same daemons must connect.
ProofResult control_by_opening(Lab& lab, PathPhase& probing, const TrialSpec& spec);

} // namespace hermesh
