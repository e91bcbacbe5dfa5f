// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace hermesh {

/// What the child's one inherited descriptor is called there.
inline constexpr int inherited_descriptor = 3;

/// This program again, in a session of its own.
struct SelfSpawn {
  std::string name; ///< argv[0], what `ps` shows
  std::vector<std::string> arguments;
  int inherit =
      -1; ///< becomes inherited_descriptor; everything else is closed, 0 to 2 are /dev/null

  bool operator==(const SelfSpawn&) const = default;
};

/// posix_spawn of /proc/self/exe: no C++ runs between fork and exec, whatever threads there are.
/// Works also when the program's file has been replaced since. Throws Error. The caller waits for
/// it.
pid_t spawn_self(const SelfSpawn& what);

} // namespace hermesh
