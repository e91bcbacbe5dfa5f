// SPDX-License-Identifier: MIT
#pragma once

#include "base/command.hh"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hermesh::testing {

/// What one call of the hermesh program did, as its user sees it.
struct Outcome {
  int status = 0;
  nlohmann::json result; ///< stdout, when it is JSON; else null
  std::string output;
  std::string diagnostics;

  /// The whole story, for a failure's message.
  std::string story() const;
};

/// The program under test, from the build tree, with the guest image that HERMESH_GUEST names.
std::filesystem::path hermesh_program();
Outcome call_hermesh(const std::vector<std::string>& arguments,
                     std::chrono::seconds patience = std::chrono::minutes{6},
                     const std::map<std::string, std::string>& environment = {});

/// `hermesh run --json ...` with run directories below `runs`.
Outcome run_trial(const std::filesystem::path& runs, std::vector<std::string> arguments);

/// Processes whose command line holds `text` and whose program is QEMU; zombies do not count.
std::vector<int> qemu_processes(const std::string& text);

/// The reason why no guest can run here, or empty.
std::string missing_need();

} // namespace hermesh::testing

/// First line of every test that needs guests. (A skip is a failure where one must not be:
/// ./check.)
#define HERMESH_NEEDS_GUESTS()                                                                     \
  if (const auto missing = ::hermesh::testing::missing_need(); !missing.empty())                   \
  GTEST_SKIP() << missing
