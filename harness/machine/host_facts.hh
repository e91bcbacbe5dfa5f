// SPDX-License-Identifier: MIT
#pragma once

#include "machine/accelerator.hh"
#include "machine/hypervisor.hh"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// Something that this host lacks, and what to do about it.
struct Shortcoming {
  std::string what;     ///< "no qemu-system-x86_64 on the PATH"
  std::string debian{}; ///< package
  std::string nix{};    ///< attribute
  std::string advice{}; ///< where no package helps
  bool fatal = true;    ///< machines cannot run with it

  bool operator==(const Shortcoming&) const = default;
};

/// What matters of this host for running machines.
struct HostFacts {
  std::string libvirt_version; ///< "9.0.0"
  bool qemu_driver = false;    ///< libvirt's module for QEMU is installed
  std::optional<std::filesystem::path> qemu{};
  std::string qemu_version{};     ///< "7.2.18"; empty when there is none
  bool root = false;              ///< this user
  bool libvirt_user = true;       ///< the user exists that root's libvirt needs
  std::optional<KvmAnswer> kvm{}; ///< empty: no guest image to try it with
  std::optional<std::string> kvm_obstacle{};
  unsigned cores = 0; ///< that this process may use
  std::uint64_t memory_mib = 0;
  std::uint64_t memory_available_mib = 0;
  std::uint64_t disk_free_mib = 0; ///< in the working directory
  std::uint64_t open_files = 0;    ///< the soft limit
  int socket_path_room = 0; ///< bytes that the longest socket path leaves of 107; below 0: too long
  std::vector<Shortcoming> missing{};

  bool operator==(const HostFacts&) const = default;
};

std::string libvirt_version(); ///< of the library in use: "9.0.0"
/// "7.2.18"; empty when there is none. Asked of the program itself, because libvirt would start
/// every emulator on the PATH to answer.
std::string qemu_version(const std::filesystem::path& qemu);

/// `image`: to try KVM with (up to 30 s, once per host).
HostFacts host_facts(const std::optional<GuestImage>& image);

} // namespace hermesh
