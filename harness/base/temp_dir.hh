// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

namespace hermesh {

/// A private (0700) directory that is removed, with all in it, when its owner goes. Its path is
/// short on purpose: libvirt puts sockets below it, and a socket's path ends at 108 bytes
/// (unix(7)). It lies in $XDG_RUNTIME_DIR or $TMPDIR where those are short, else in /tmp.
class TempDir {
public:
  /// `prefix` begins the directory's name, so that a leftover says whose it was.
  explicit TempDir(std::string_view prefix = "hermesh");
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace hermesh
