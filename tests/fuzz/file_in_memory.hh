// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "base/fd.hh"

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace hermesh::testing {

/// A file that no disk sees, for readers that take a path.
class FileInMemory {
public:
  FileInMemory() : fd_(check("memfd_create", ::memfd_create("fuzz", MFD_CLOEXEC))) {}

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
  void write(std::string_view text) const {
    check("ftruncate", ::ftruncate(fd_.get(), 0));
    check("pwrite", ::pwrite(fd_.get(), text.data(), text.size(), 0));
  }

private:
  Fd fd_;
};

} // namespace hermesh::testing
