// SPDX-License-Identifier: MIT
#pragma once

#include "base/interrupt.hh"
#include "fabric/loop.hh"
#include "machine/hypervisor.hh"
#include "model/network.hh"
#include "model/topology.hh"
#include "runner/progress.hh"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hermesh {

struct LabOptions {
  std::string uri = "qemu:///embed";
  Accelerator accelerator = Accelerator::tcg;
  GuestImage image;
  /// captures/, consoles/ and libvirt/ are made in it. The last part of its name (run_id_of) is
  /// unique on this host, and in the names of libvirt's domains.
  std::filesystem::path run_dir;
};

/// A network and the machines on it, from boot to tear-down: the scope of one trial. Leaving it
/// ends everything, in the opposite order of its making.
class Lab {
public:
  Lab(const Topology& topology, const Network& network, LabOptions options, Interrupt& interrupt);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  /// Starts every machine and returns at once: what needs no guest (certification) can go on
  /// meanwhile.
  void start_machines();
  /// Waits for every guest, then gives each card its addresses and default route.
  void await_machines();

  /// The gateways have the rules that they have in `network`, which is else the same, and forget
  /// everything. Where another of them translates, machines get other routes.
  void adopt(const Network& network);

  /// Re-plug a peer's first card to another attachment, and re-address it, without a reboot.
  void move(const std::string& machine, const Attachment& to);

  FabricLoop& fabric() { return *fabric_; }
  Hypervisor& hypervisor() { return *hypervisor_; }
  Machine& machine(const std::string& name);
  std::vector<std::string> machine_names() const;

  /// `body` for each named machine, in threads of their own; the first failure is rethrown when all
  /// are done.
  void parallel(const std::vector<std::string>& names, const std::function<void(Machine&)>& body);
  /// Throws Error when a machine's QEMU has ended.
  void check_alive();

private:
  void configure(Machine& machine);

  Topology topology_;
  Network network_;
  LabOptions options_;
  Interrupt* interrupt_;
  std::unique_ptr<FabricLoop> fabric_;
  std::unique_ptr<Hypervisor> hypervisor_;
  std::map<std::string, std::unique_ptr<Machine>> machines_;
};

} // namespace hermesh
