// SPDX-License-Identifier: MIT
#include "runner/vpn_nodes.hh"

#include "base/error.hh"
#include "runner/run_dir.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// What `${program}` stands for: nothing special, or where a developer's own binary lies in the
/// guest.
std::string program_of(const TrialSpec& spec) {
  return spec.replaced_binary.empty() ? std::string() : replacement_path(spec.vpn);
}

std::vector<std::string> machines_of_role(const TrialSpec& spec, bool peers) {
  std::vector<std::string> names;
  for (const auto& machine : spec.topology.machines)
    if ((machine.role == "peer") == peers) names.push_back(machine.name);
  return names;
}

} // namespace

VpnNodes::VpnNodes(Lab& lab, const TrialSpec& spec)
    : lab_(&lab), spec_(&spec),
      nodes_(render(spec.vpn, deployed_machines(spec), spec.seed, program_of(spec))) {}

const NodeDeployment& VpnNodes::node(const std::string& machine) const {
  const auto found = std::ranges::find(nodes_, machine, &NodeDeployment::machine);
  if (found == nodes_.end()) throw Error("the VPN has nothing for machine '" + machine + "'");
  return *found;
}

void VpnNodes::start_on(Machine& machine) {
  for (const auto& program : spec_->vpn.programs)
    if (!machine.exec({.argv = {"which", program}}, 10s).ok())
      throw Error(
          fmt::format("machine '{}': the guest image has no program '{}', which VPN '{}' needs",
                      machine.name(),
                      program,
                      spec_->vpn.name));
  if (!spec_->replaced_binary.empty())
    machine.push({{.target = program_of(*spec_),
                   .content = read_file(spec_->replaced_binary),
                   .mode = 0755}});
  while_doing(fmt::format("start {} on '{}'", spec_->vpn.name, machine.name()),
              [&] { start_vpn(machine, spec_->vpn, node(machine.name())); });
}

Time VpnNodes::start() {
  lab_->parallel(machines_of_role(*spec_, false), [this](Machine& machine) { start_on(machine); });
  lab_->parallel(machines_of_role(*spec_, true), [this](Machine& machine) { start_on(machine); });
  const auto started = lab_->fabric().now();
  return started;
}

void VpnNodes::check_daemons() {
  lab_->parallel(lab_->machine_names(), [this](Machine& machine) {
    const auto obituary = daemon_obituary(machine, spec_->vpn, node(machine.name()));
    if (!obituary.empty())
      throw Error(fmt::format(
          "the daemon of {} on '{}' has ended: {}", spec_->vpn.name, machine.name(), obituary));
  });
}

void VpnNodes::stop() {
  lab_->parallel(lab_->machine_names(),
                 [this](Machine& machine) { stop_vpn(machine, spec_->vpn, node(machine.name())); });
}

void VpnNodes::kill(const std::string& machine) {
  kill_daemon(lab_->machine(machine), spec_->vpn);
}

void VpnNodes::restart(const std::string& machine) {
  start_daemon(lab_->machine(machine), spec_->vpn, node(machine));
}

Claim VpnNodes::claim(const std::string& machine, const std::string& peer) {
  return ask_status(lab_->machine(machine), node(machine), node(peer));
}

void VpnNodes::save_deployed(const std::filesystem::path& folder) const {
  for (const auto& node : nodes_)
    for (const auto& file : node.files) {
      const auto place = folder / node.machine / std::filesystem::path(file.target).relative_path();
      std::filesystem::create_directories(place.parent_path());
      write_file(place, file.content);
    }
}

void VpnNodes::save_logs(const std::filesystem::path& folder) noexcept {
  for (const auto& name : lab_->machine_names())
    save_log(name, folder); // each for itself: the one that matters may be beside a dead machine's
}

void VpnNodes::save_log(const std::string& machine, const std::filesystem::path& folder) noexcept {
  try {
    std::filesystem::create_directory(folder); // not the run directory, if that was deleted
    write_file(folder / (machine + "-" + spec_->vpn.name + ".log"),
               daemon_log(lab_->machine(machine), spec_->vpn));
  } catch (const std::exception&) { // its absence is visible; the verdict stands
  }
}

} // namespace hermesh
