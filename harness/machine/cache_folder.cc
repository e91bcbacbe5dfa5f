// SPDX-License-Identifier: MIT
#include "machine/cache_folder.hh"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

fs::path from_environment() {
  const auto absolute = [](const char* name) -> fs::path {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value != nullptr && value[0] == '/' ? fs::path(value) : fs::path{};
  };
  if (const auto cache = absolute("XDG_CACHE_HOME"); !cache.empty()) return cache / "hermesh";
  if (const auto home = absolute("HOME"); !home.empty()) return home / ".cache" / "hermesh";
  return {};
}

} // namespace

std::optional<fs::path> cache_folder() {
  const auto folder = from_environment();
  if (folder.empty()) return std::nullopt;
  std::error_code problem;
  fs::create_directories(folder, problem);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || status.st_uid != ::geteuid()) return std::nullopt;
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return std::nullopt;
  return folder;
}

} // namespace hermesh
