// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace hermesh {

/// A process that outlives this one by a moment: when this one is gone, however it went, it ends
/// every QEMU whose command line holds `root` and removes `root`. It looks for them, instead of
/// being told of them, so there is no moment between a QEMU's start and its registration. It has a
/// session and a name of its own, so that neither Ctrl-C nor a kill by name takes it along.
///
/// It is this program again (/proc/self/exe) with a hidden first word, so a program that uses one
/// must begin its main with run_hidden_command.
class Guardian {
public:
  /// Throws Error when it does not answer (a main without run_hidden_command).
  explicit Guardian(const std::filesystem::path& root);
  /// Lets it clear up at once, and waits for it (at most some seconds).
  ~Guardian();
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  pid_t pid() const { return pid_; }

private:
  Fd alive_; ///< closed by the kernel when this process ends
  pid_t pid_ = -1;
};

/// The hidden commands of this layer, which re-executes its own program: first thing in main.
/// Empty: `argv` is none of them, go on. Else the exit status to end with.
std::optional<int> run_hidden_command(int argc, char** argv);

/// `<program> guardian <descriptor> <root>`: what the guardian does.
int guardian_main(int alive, const std::filesystem::path& root);

} // namespace hermesh
