// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "base/interrupt.hh"
#include "runner/lab.hh"
#include "runner/progress.hh"
#include "runner/trial_spec.hh"

#include <filesystem>
#include <string>
#include <vector>

namespace hermesh {

/// A lab that stays up, for a VPN developer to look around in: one supervisor process owns fabric
/// and connection (libvirt's embedded driver admits one process per root), and other commands reach
/// it by lab.sock in the run directory. One request per line (lab_request.hh), one answer each: a
/// JSON object that has "ok"; where it is false, "error" says why, and "input" that the request was
/// wrong.

/// Brings the lab up, certifies its gateways, starts the VPN, and serves until asked to end or
/// interrupted. Throws Error when the lab cannot be brought up.
void supervise(const TrialSpec& spec,
               const LabOptions& options,
               Progress& progress,
               Interrupt& interrupt);

/// The run directories below `parent` whose supervisor answers.
std::vector<std::filesystem::path> standing_labs(const std::filesystem::path& parent);

} // namespace hermesh
