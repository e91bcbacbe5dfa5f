// SPDX-License-Identifier: MIT
#include "base/temp_dir.hh"

#include "base/error.hh"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace hermesh {
namespace {

constexpr std::size_t longest_parent = 32; // leaves 60 bytes for what libvirt adds

std::string parent_directory() {
  for (const char* variable : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* value = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (value == nullptr || std::string_view(value).size() > longest_parent) continue;
    if (value[0] == '/' && ::access(value, W_OK | X_OK) == 0) return value;
  }
  return "/tmp";
}

} // namespace

TempDir::TempDir(std::string_view prefix) {
  std::string name = parent_directory() + "/" + std::string(prefix) + ".XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw SystemError("make a temporary directory " + name);
  path_ = name;
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDir::~TempDir() {
  std::error_code ignored; // a destructor has nobody to tell; a leftover shows in /tmp
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

} // namespace hermesh
