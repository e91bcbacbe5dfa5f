// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/loop.hh"
#include "report/result.hh"
#include "runner/trial_spec.hh"

#include <vector>

namespace hermesh {

/// Measures every gateway of the lab with frames and lays the result beside what the scenario
/// declares. The comparison is here; the measuring (certify/) knows nothing of it.
std::vector<GatewayResult> certify_gateways(FabricLoop& fabric, const TrialSpec& spec);

} // namespace hermesh
