// SPDX-License-Identifier: MIT
#pragma once

#include "base/interrupt.hh"
#include "report/result.hh"
#include "runner/lab.hh"
#include "runner/progress.hh"
#include "runner/trial_spec.hh"

namespace hermesh {

/// Runs one trial from boot to verdict. Whatever goes wrong in the lab becomes the verdict
/// `harness_error` with the evidence so far; result.json is written in any case. Throws only
/// Interrupted (after result.json is written and everything is taken down).
TrialResult run_trial(const TrialSpec& spec,
                      const LabOptions& options,
                      Progress& progress,
                      Interrupt& interrupt);

} // namespace hermesh
