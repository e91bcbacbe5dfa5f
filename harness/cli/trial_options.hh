// SPDX-License-Identifier: MIT
#pragma once

#include "runner/trial.hh"
#include "runner/trial_spec.hh"

#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hermesh {
class Catalog;
}

namespace hermesh::cli {

/// The options that `run` and `up` share, as they stand on the command line.
struct TrialArguments {
  TrialRequest request{};
  std::vector<std::string> settings{}; ///< "relay=off"
  std::vector<std::string> with{};     ///< "nebula=/path/to/nebula"
  std::vector<std::string> faults{};
  std::string uri = "qemu:///embed";
  std::string accelerator = "auto";
  std::string guest{};
  std::string runs = "runs";
};

/// Those of every command that boots a lab.
void add_lab_options(CLI::App& command, TrialArguments& arguments);
void add_trial_options(CLI::App& command, TrialArguments& arguments);

/// Everything checked that can be checked without starting anything: throws InputError.
TrialSpec plan(TrialArguments& arguments, const Catalog& catalog);

/// Makes the run directory and finds out what the host can do.
LabOptions prepare(const TrialArguments& arguments, const TrialSpec& spec, const Catalog& catalog);

} // namespace hermesh::cli
