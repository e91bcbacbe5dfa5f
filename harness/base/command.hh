// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hermesh {

/// A program to run, as plain data: build it, print it, compare it in a test. Nothing starts
/// until an Executor (on this host) or a Machine (in a guest) is given it. No shell in between.
struct Command {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env{}; ///< added to the inherited environment
  std::filesystem::path cwd{};              ///< inherited, when empty
  std::string input{};                      ///< stdin; empty: /dev/null

  bool operator==(const Command&) const = default;
};

/// The command as a line that can be pasted into a shell (without its input).
std::string to_string(const Command& command);

/// How a program ended. A non-zero code is information; the caller decides whether it is an Error.
struct Exit {
  int code = 0; ///< 128 + signal when killed, as a shell would report it
  bool timed_out = false;
  std::string output{};      ///< stdout
  std::string diagnostics{}; ///< stderr

  bool ok() const { return code == 0 && !timed_out; }
  bool operator==(const Exit&) const = default;
};

/// Runs programs on this host: the one way the harness starts them. Tests pass a FakeExecutor.
class Executor {
public:
  virtual ~Executor() = default;
  /// Throws Error when the program cannot be started. After `timeout` its process group is killed.
  virtual Exit run(const Command& command, std::chrono::milliseconds timeout) = 0;
};

/// posix_spawn in a process group of its own; a child that outlives its patience is killed whole.
/// `inherit_stderr`: let the child talk to the user (progress) instead of collecting it.
class HostExecutor : public Executor {
public:
  explicit HostExecutor(bool inherit_stderr = false) : inherit_stderr_(inherit_stderr) {}
  Exit run(const Command& command, std::chrono::milliseconds timeout) override;

private:
  bool inherit_stderr_;
};

} // namespace hermesh
