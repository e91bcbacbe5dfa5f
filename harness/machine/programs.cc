// SPDX-License-Identifier: MIT
#include "machine/programs.hh"

#include "base/error.hh"

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>

namespace hermesh {

std::optional<std::filesystem::path> find_program(std::string_view name) {
  const char* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto file = std::filesystem::path(folder) / name;
    std::error_code problem;
    if (file.is_absolute() && std::filesystem::is_regular_file(file, problem) &&
        ::access(file.c_str(), X_OK) == 0)
      return file;
  }
  return std::nullopt;
}

std::filesystem::path require_program(std::string_view name) {
  if (auto found = find_program(name)) return *found;
  throw Error("there is no " + std::string(name) +
              " on the PATH: install qemu-system-x86 (Debian) or qemu_kvm (Nix)");
}

} // namespace hermesh
