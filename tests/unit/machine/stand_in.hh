// SPDX-License-Identifier: MIT
#pragma once

#include "machine/self.hh"

#include <string>

namespace hermesh::testing {

/// A process that looks like a QEMU of `root` and does nothing until it is killed.
inline pid_t start_stand_in(const std::string& root) {
  return spawn_self({.name = "qemu-stand-in", .arguments = {"stand-in", root + "/master-key"}});
}

} // namespace hermesh::testing
