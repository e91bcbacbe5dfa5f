// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// What /proc says of a process (proc(5)).
struct ProcessState {
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?'; ///< 'Z': ended, and nobody has asked how

  bool operator==(const ProcessState&) const = default;
};

/// Empty when there is no such process.
std::optional<ProcessState> process_state(pid_t pid);
/// One line of /proc/PID/stat; empty when malformed. The program's name in it may hold anything.
std::optional<ProcessState> parse_process_state(const std::string& line);

/// Every living QEMU of this user whose command line holds `root`: its first word's file name holds
/// "qemu", and it is not a zombie (nobody may ever reap those).
std::vector<pid_t> find_qemus(const std::string& root);

/// SIGKILL by pidfd: cannot hit a process that got the pid since. `root` is looked for again.
void kill_qemu(pid_t pid, const std::string& root);

} // namespace hermesh
