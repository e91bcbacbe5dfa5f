// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "base/interrupt.hh"
#include "runner/progress.hh"
#include "runner/trial.hh"

#include <filesystem>
#include <string>
#include <vector>

namespace hermesh {

/// A lab that stays up, for a VPN developer to look around in: one supervisor process owns fabric
/// and connection (libvirt's embedded driver admits one process per root), and other commands reach
/// it by lab.sock in the run directory. One JSON object per line, one answer each:
///
///   status                  {"do":"status"}: the machines' names
///   shell, machine          the console's socket
///   exec, machine, argv     code, output, diagnostics
///   down                    "ok", and the connection ends when all is down
///
/// An answer has "ok"; where it is false, "error" says why.

/// Brings the lab up, certifies its gateways, starts the VPN, and serves until asked to end or
/// interrupted. Throws Error when the lab cannot be brought up.
void supervise(const TrialSpec& spec,
               const TrialOptions& options,
               Progress& progress,
               Interrupt& interrupt);

/// The run directories below `parent` whose supervisor answers.
std::vector<std::filesystem::path> standing_labs(const std::filesystem::path& parent);

} // namespace hermesh
