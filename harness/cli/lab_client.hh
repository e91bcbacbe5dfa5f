// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace hermesh::cli {

/// The one standing lab below `runs`, or the one that `lab` names. InputError when there is none,
/// or several to choose from (they are listed).
std::filesystem::path find_lab(const std::string& lab, const std::string& runs);

/// A connection to a lab's supervisor.
class LabClient {
public:
  explicit LabClient(const std::filesystem::path& run_dir);
  /// Throws Error with the supervisor's words when it refuses or does not answer in time.
  nlohmann::json ask(const nlohmann::json& request, std::chrono::milliseconds patience);
  /// Until the supervisor closes the connection.
  void await_end(std::chrono::milliseconds patience);

private:
  Fd fd_;
};

} // namespace hermesh::cli
