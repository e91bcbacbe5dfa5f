// SPDX-License-Identifier: MIT
#pragma once

#include "base/command.hh"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The guest agent's commands and answers as text (QEMU, docs/interop/qemu-ga-ref): pure.
namespace hermesh::agent {

std::string ping();

/// guest-exec: the command in a session of its own, so that its number names the whole group that
/// is killed when it takes too long.
std::string exec(const Command& command);
std::string kill_group(std::int64_t pid);
std::string exec_status(std::int64_t pid);
std::string open_file(const std::string& path, std::string_view mode); ///< fopen(3)'s
std::string read_file(std::int64_t handle, std::size_t count);
std::string write_file(std::int64_t handle, std::string_view bytes);
std::string close_file(std::int64_t handle);

struct FilePart {
  std::string bytes;
  bool end = false;

  bool operator==(const FilePart&) const = default;
};

/// Each takes the agent's whole answer; throws Error naming the command when it is an error or is
/// not what was asked for.
void parse_empty(std::string_view answer);
std::int64_t parse_pid(std::string_view answer);
std::int64_t parse_handle(std::string_view answer);
FilePart parse_file_part(std::string_view answer);
/// Empty while the program runs. Throws Error also when the agent dropped output (over 16 MiB).
std::optional<Exit> parse_exec_status(std::string_view answer);

} // namespace hermesh::agent
