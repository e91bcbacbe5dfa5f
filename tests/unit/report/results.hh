// SPDX-License-Identifier: MIT
#pragma once

#include "report/result.hh"

namespace hermesh::testing {

/// Results of trials as they come out, one per class of verdict.
TrialResult direct_after_relay(); ///< as expected, with a workload
TrialResult relayed_instead();    ///< worse, with a false claim
TrialResult unlike_declared();    ///< invalid
TrialResult control_failed();     ///< inconclusive
TrialResult after_events();
TrialResult broken_lab(); ///< harness_error

} // namespace hermesh::testing
