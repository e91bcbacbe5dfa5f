// SPDX-License-Identifier: MIT
#pragma once

#include "model/profile.hh"
#include "model/scenario.hh"
#include "model/topology.hh"
#include "model/vpn_spec.hh"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hermesh {

/// Where the data folders lie. Found, in this order: flags, HERMESH_DATA, beside the installed
/// program (../share/hermesh), the source tree it was built from.
struct DataFolders {
  std::filesystem::path topologies; ///< vm-topologies
  std::filesystem::path scenarios;  ///< nat-scenarios (profiles below it)
  std::filesystem::path vpns;

  static DataFolders find();
  /// The three below `root`; InputError when one is missing.
  static DataFolders below(const std::filesystem::path& root);
};

/// Turns a name or a file ("double-nat", "./mine.json", "vpns/nebula", "./my-vpn") into what it
/// describes. An argument with a '/' or ending in ".json" is a path, anything else a name. Unknown
/// names are InputErrors that name the nearest.
class Catalog {
public:
  explicit Catalog(DataFolders folders) : folders_(std::move(folders)) {}

  Topology topology(const std::string& name_or_file) const;
  Scenario scenario(const std::string& name_or_file) const;
  Profile profile(const std::string& name_or_file) const;
  /// `settings`: values for the VPN's options; an unknown option or value is an InputError.
  VpnSpec vpn(const std::string& name_or_folder,
              const std::map<std::string, std::string>& settings = {}) const;

  /// The file behind a name; the file itself when it is one. Unknown names are InputErrors.
  std::filesystem::path topology_file(const std::string& name_or_file) const;
  std::filesystem::path scenario_file(const std::string& name_or_file) const;
  std::filesystem::path profile_file(const std::string& name_or_file) const;

  /// Sorted names.
  std::vector<std::string> topologies() const;
  std::vector<std::string> scenarios() const;
  std::vector<std::string> profiles() const;
  std::vector<std::string> vpns() const;

  const DataFolders& folders() const { return folders_; }

private:
  DataFolders folders_;
};

/// Each reads one file and checks it whole (model/validate.cc has the rules across fields).
Topology read_topology_file(const std::filesystem::path& file);
Scenario read_scenario_file(const std::filesystem::path& file);
Profile read_profile_file(const std::filesystem::path& file);
VpnSpec read_vpn_folder(const std::filesystem::path& folder,
                        const std::map<std::string, std::string>& settings = {});

} // namespace hermesh
