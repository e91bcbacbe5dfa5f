// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "base/temp_dir.hh"

#include <filesystem>
#include <string>

namespace hermesh {

/// The private directory of the embedded driver, with the configuration that makes it work without
/// a daemon, without rights and in a sandbox. Marked by a lock that the kernel drops when its owner
/// dies, so that anybody can tell a root that nobody needs any more. Making one clears up those.
class EmbeddedRoot {
public:
  EmbeddedRoot(); ///< throws Error

  const std::filesystem::path& path() const { return folder_.path(); }
  /// Where QEMU binds the sockets of the guests' channels.
  std::filesystem::path sockets() const { return path() / "s"; }
  std::string uri() const { return "qemu:///embed?root=" + path().string(); }

private:
  TempDir folder_;
  Fd lock_;
};

/// etc/qemu.conf for a process of this user and group.
std::string qemu_conf(unsigned uid, unsigned gid);

/// Ends the QEMUs of, and removes, each root in `parent` whose owner is dead. Only this user's.
void remove_stale_roots(const std::filesystem::path& parent);

} // namespace hermesh
