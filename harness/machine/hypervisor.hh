// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "machine/machine.hh"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace hermesh {

enum class Accelerator : std::uint8_t { kvm, tcg };
std::string to_string(Accelerator accelerator);

/// A guest image's directory, as its manifest.json describes it (vm-topologies/guests/README.md).
struct GuestImage {
  std::filesystem::path folder;
  std::filesystem::path kernel, initrd, root; ///< absolute
  std::string root_format;                    ///< "erofs" or "squashfs"
  std::string cmdline;
  std::string name; ///< "debian"
  std::string fingerprint;
  std::vector<std::pair<std::string, std::string>> vpns, tools; ///< name, version
};
/// Throws InputError when the folder has no usable manifest or a file of it is missing.
GuestImage read_guest_image(const std::filesystem::path& folder);

struct VirtualCard {
  MacAddress mac;
  std::uint16_t port = 0; ///< on 127.0.0.1, where the fabric listens
  /// Not 0: no fabric. The card's frames are UDP datagrams from here to `port`, where another
  /// guest's card is: the wire that benchmarks compare the fabric with.
  std::uint16_t own_datagram_port = 0;
};

/// A VM to define, as plain data; machine/domain_xml.cc turns it into libvirt's XML.
struct VirtualMachine {
  std::string name;   ///< within the trial: "a"
  std::string domain; ///< libvirt's name, unique on the host: "hermesh-<run>-a"
  std::string uuid;   ///< derived from the trial's seed and run
  unsigned memory_mib = 192;
  unsigned vcpus = 1;
  std::vector<VirtualCard> cards;
  std::filesystem::path console_log; ///< serial console, kept as evidence
  std::filesystem::path xml_file;    ///< the domain XML is written here, as evidence
};

struct HypervisorOptions {
  std::string uri = "qemu:///embed"; ///< "?root=" is added
  Accelerator accelerator = Accelerator::tcg;
  GuestImage image;
  std::chrono::seconds boot_patience{120}; ///< for the guest agent's first answer
};

/// A libvirt connection that makes machines. The embedded driver gets a private root directory, an
/// event thread and a guardian process that ends every QEMU of this root within 5 s when hermesh is
/// gone, however it went. libvirt allows a process one root for all its life, so these are shared
/// by all Hypervisors of the process and end with it. With other URIs domains start with
/// VIR_DOMAIN_START_AUTODESTROY. A program that makes one must begin its main with
/// run_hidden_command (machine/guardian.hh).
class Hypervisor {
public:
  explicit Hypervisor(HypervisorOptions options);
  ~Hypervisor(); ///< its machines must have gone before
  Hypervisor(const Hypervisor&) = delete;
  Hypervisor& operator=(const Hypervisor&) = delete;

  /// Defines and starts it; returns at once, before the guest has booted. Its cards connect now.
  std::unique_ptr<Machine> start(const VirtualMachine& spec);
  /// Wait for the guest agent. Throws Error with the console's last lines when patience runs out,
  /// and at once when QEMU ends. The name of the limit is in the message.
  void await_boot(Machine& machine);

  /// End every guest at once, from any thread (Ctrl-C): whoever waits for one gets an Error soon.
  void abort() noexcept;

  /// The unix socket of a machine's shell console (second virtio console), for `hermesh shell`.
  std::filesystem::path shell_socket(const std::string& machine) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Which accelerator works here, found by starting a guest with a time limit; the answer is cached
/// per host (kernel, QEMU, boot id). `wanted` "auto", "kvm" or "tcg"; "kvm" throws Error when it
/// does not work.
Accelerator choose_accelerator(const std::string& wanted, const GuestImage& image);

} // namespace hermesh
