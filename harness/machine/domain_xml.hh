// SPDX-License-Identifier: MIT
#pragma once

#include "machine/hypervisor.hh"

#include <filesystem>
#include <string>

namespace hermesh {

/// What a domain needs beside its VirtualMachine: the host's side of it.
struct DomainHost {
  Accelerator accelerator = Accelerator::tcg;
  std::filesystem::path emulator{};   ///< QEMU; empty: libvirt's choice
  std::string cpuset;                 ///< "0-1"
  std::filesystem::path agent_socket; ///< unix sockets that QEMU binds, at most 107 bytes each
  std::filesystem::path probe_socket;
  std::filesystem::path shell_socket;
  unsigned tsc_khz = 0; ///< the guest's time stamp counter (machine/tsc.hh); 0: it finds out itself

  bool operator==(const DomainHost&) const = default;
};

/// The domain as libvirt's XML (https://libvirt.org/formatdomain.html): virtio devices, one ISA
/// serial port, nothing else. Pure. Throws Error for a value that XML or a socket address cannot
/// hold.
std::string
domain_xml(const VirtualMachine& machine, const GuestImage& image, const DomainHost& host);

/// The processors that this process may use, as libvirt writes a set: "0-3,6". With an explicit set
/// libvirt does not look for the online processors in /sys, which build sandboxes lack.
std::string usable_cpuset();

} // namespace hermesh
