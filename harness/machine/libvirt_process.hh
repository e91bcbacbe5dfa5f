// SPDX-License-Identifier: MIT
#pragma once

#include "machine/embedded_root.hh"
#include "machine/event_thread.hh"
#include "machine/guardian.hh"
#include "machine/libvirt_handles.hh"
#include "machine/reaper.hh"

#include <mutex>
#include <string>

namespace hermesh {

/// What the embedded driver needs around it. libvirt keeps the first root that a process opens
/// until the process ends and refuses any other ("already open with path", libvirt 9.0), so this
/// too is one per process, made on first use: every Hypervisor of the process shares it, and it
/// ends with the process.
struct EmbeddedDriver {
  EmbeddedRoot root;
  Guardian guardian{root.path()};
  Reaper reaper;
  std::mutex opening; ///< one connection at a time
};

/// libvirt's event loop runs from the first call on. Throws Error.
void ensure_event_thread();
/// Throws Error when the host lacks what the driver needs.
EmbeddedDriver& embedded_driver();

/// Opens `uri`; "qemu:///embed" gets this process's root. Throws Error with what to do about it.
Connection open_connection(const std::string& uri);

bool is_embedded(const std::string& uri);

} // namespace hermesh
