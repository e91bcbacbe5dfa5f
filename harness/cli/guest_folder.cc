// SPDX-License-Identifier: MIT
#include "cli/guest_folder.hh"

#include "model/catalog.hh"

#include <cstdlib>

namespace hermesh::cli {
namespace {

const char* variable(const char* name) {
  return std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it
}

} // namespace

std::filesystem::path default_guest_folder() {
  const auto root = DataFolders::find().topologies.parent_path();
  if (std::filesystem::exists(root / "CMakeLists.txt")) return root / "build" / "guests" / "debian";
  const auto* const cache = variable("XDG_CACHE_HOME");
  const auto* const home = variable("HOME");
  const std::filesystem::path base =
      cache != nullptr ? cache : std::filesystem::path(home != nullptr ? home : "/tmp") / ".cache";
  return base / "hermesh" / "guests" / "debian";
}

std::filesystem::path guest_folder(const std::string& given) {
  if (!given.empty()) return given;
  if (const auto* const named = variable("HERMESH_GUEST"); named != nullptr && *named != '\0')
    return named;
  return default_guest_folder();
}

} // namespace hermesh::cli
