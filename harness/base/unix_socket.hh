// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hermesh {

/// Unix stream sockets by path. A path may be longer than the 108 bytes that the kernel's address
/// holds (unix(7)): the directory is opened and the socket addressed through /proc/self/fd.
Fd listen_unix(const std::filesystem::path& path); ///< mode 0600; replaces what a dead owner left
Fd connect_unix(
    const std::filesystem::path& path); ///< throws SystemError; ECONNREFUSED: nobody listens

/// Whole lines from a stream. One owner.
class LineReader {
public:
  explicit LineReader(int fd) : fd_(fd) {}
  /// The next line without its end; empty when none came within `patience` or the stream has ended.
  std::optional<std::string> next(std::chrono::milliseconds patience);
  bool ended() const { return ended_; }

private:
  int fd_;
  bool ended_ = false;
  std::string buffer_;
};

/// Writes all of it. Throws SystemError when the other side is gone.
void write_all(int fd, std::string_view data);

} // namespace hermesh
