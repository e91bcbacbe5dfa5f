// SPDX-License-Identifier: MIT
#pragma once

#include "machine/hypervisor.hh"

#include <chrono>
#include <optional>
#include <string>

namespace hermesh {

/// Whether guests run under KVM here.
struct KvmAnswer {
  bool works = false;
  bool certain = false; ///< a guest ran or hung, so that the answer holds until something changes
  std::string reason;   ///< one line: "a guest answered", "open /dev/kvm: Permission denied"

  bool operator==(const KvmAnswer&) const = default;
};

/// That /dev/kvm opens proves nothing: there are hosts where it does and a guest then hangs for
/// ever. So a small guest is started, once per host (boot, kernel, QEMU, user), in a process of its
/// own, which is killed when it takes too long (30 s). The answer is kept in the cache folder.
KvmAnswer ask_kvm(const GuestImage& image);

/// Why it cannot even be tried; empty when it can. Cheap.
std::optional<std::string> kvm_obstacle();

/// `<program> probe-kvm <descriptor> <image folder>`: tries, and writes what came of it.
int probe_kvm_main(int answer, const std::filesystem::path& image);

} // namespace hermesh
