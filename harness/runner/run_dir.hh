// SPDX-License-Identifier: MIT
#pragma once

#include "model/catalog.hh"
#include "runner/trial_spec.hh"

#include <filesystem>
#include <string>

namespace hermesh {

/// Makes a fresh run directory below `parent`: <UTC time>-<topology>-<scenario>-<vpn>-<id>, with
/// the exact inputs in inputs/ (topology.json, scenario.json, profile.json, vpn/, request.json).
/// Throws Error naming the path when it cannot, so that a full or read-only disk is told before
/// anything is started.
std::filesystem::path make_run_dir(const std::filesystem::path& parent,
                                   const TrialSpec& spec,
                                   const TrialRequest& request,
                                   const Catalog& catalog);

/// The last part of a run directory's name: unique on this host.
std::string run_id_of(const std::filesystem::path& run_dir);

/// Writes the whole file or throws Error; never leaves half a file under the final name.
void write_file(const std::filesystem::path& file, const std::string& content);
std::string read_file(const std::filesystem::path& file);
std::string sha256_of_file(const std::filesystem::path& file); ///< hex

} // namespace hermesh
