// SPDX-License-Identifier: MIT
#pragma once

#include "base/interrupt.hh"
#include "machine/hypervisor.hh"
#include "report/result.hh"
#include "runner/progress.hh"
#include "runner/trial_spec.hh"

#include <filesystem>
#include <string>

namespace hermesh {

struct TrialOptions {
  std::string uri = "qemu:///embed";
  Accelerator accelerator = Accelerator::tcg;
  GuestImage image;
  std::filesystem::path run_dir; ///< made by make_run_dir
};

/// Runs one trial from boot to verdict. Whatever goes wrong in the lab becomes the verdict
/// `harness_error` with the evidence so far; result.json is written in any case. Throws only
/// Interrupted (after result.json is written and everything is taken down).
TrialResult run_trial(const TrialSpec& spec,
                      const TrialOptions& options,
                      Progress& progress,
                      Interrupt& interrupt);

} // namespace hermesh
