// SPDX-License-Identifier: MIT
#include "model/catalog.hh"

#include "base/suggest.hh"
#include "model/readers.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <system_error>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

bool is_path(const std::string& name_or_file) {
  return name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".json");
}

/// The names of what lies in `folder`: `wanted` turns an entry into its name, or into "".
template <typename Wanted>
std::vector<std::string> names_in(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  std::error_code problem;
  for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
       entry.increment(problem))
    if (auto name = wanted(entry->path()); !name.empty()) names.push_back(std::move(name));
  if (problem) throw SystemError("read the folder " + folder.string(), problem.value());
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> json_names(const fs::path& folder) {
  return names_in(folder, [](const fs::path& file) {
    return file.extension() == ".json" ? file.stem().string() : std::string();
  });
}

void check_known(const char* kind, const std::string& name, const std::vector<std::string>& names) {
  if (std::ranges::find(names, name) != names.end()) return;
  const auto hint = did_you_mean(name, names);
  throw InputError("there is no " + std::string(kind) + " '" + name + "'" +
                   (hint.empty() ? "; `hermesh list` shows all" : hint));
}

fs::path file_of(const char* kind, const std::string& name_or_file, const fs::path& folder) {
  if (is_path(name_or_file)) return name_or_file;
  check_known(kind, name_or_file, json_names(folder));
  return folder / (name_or_file + ".json");
}

template <typename Read>
auto read_file(const fs::path& file, Read read) {
  const auto document = parse_json_file(file);
  return read(JsonReader(file.string(), document));
}

} // namespace

fs::path Catalog::topology_file(const std::string& name_or_file) const {
  return file_of("topology", name_or_file, folders_.topologies);
}

fs::path Catalog::scenario_file(const std::string& name_or_file) const {
  return file_of("scenario", name_or_file, folders_.scenarios);
}

fs::path Catalog::profile_file(const std::string& name_or_file) const {
  return file_of("profile", name_or_file, folders_.scenarios / "profiles");
}

Topology Catalog::topology(const std::string& name_or_file) const {
  return read_topology_file(topology_file(name_or_file));
}

Scenario Catalog::scenario(const std::string& name_or_file) const {
  return read_scenario_file(scenario_file(name_or_file));
}

Profile Catalog::profile(const std::string& name_or_file) const {
  return read_profile_file(profile_file(name_or_file));
}

VpnSpec Catalog::vpn(const std::string& name_or_folder,
                     const std::map<std::string, std::string>& settings) const {
  fs::path folder = name_or_folder;
  if (!is_path(name_or_folder)) {
    check_known("VPN", name_or_folder, vpns());
    folder = folders_.vpns / name_or_folder;
  } else if (folder.filename() == "vpn.json") {
    folder = folder.parent_path();
  }
  return read_vpn_folder(folder, settings);
}

std::vector<std::string> Catalog::topologies() const {
  return json_names(folders_.topologies);
}

std::vector<std::string> Catalog::scenarios() const {
  return json_names(folders_.scenarios);
}

std::vector<std::string> Catalog::profiles() const {
  return json_names(folders_.scenarios / "profiles");
}

std::vector<std::string> Catalog::vpns() const {
  return names_in(folders_.vpns, [](const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / "vpn.json", ignored) ? folder.filename().string() : std::string();
  });
}

Topology read_topology_file(const fs::path& file) {
  return read_file(file, read_topology);
}

Scenario read_scenario_file(const fs::path& file) {
  return read_file(file, read_scenario);
}

Profile read_profile_file(const fs::path& file) {
  return read_file(file, read_profile);
}

} // namespace hermesh
