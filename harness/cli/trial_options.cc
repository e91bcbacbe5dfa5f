// SPDX-License-Identifier: MIT
#include "cli/trial_options.hh"

#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/guest_folder.hh"
#include "model/catalog.hh"
#include "runner/run_dir.hh"
#include "workload/workload.hh"

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace hermesh::cli {
namespace {

void apply_with(TrialRequest& request, const std::string& text, const VpnSpec& vpn) {
  const auto [name, file] = parse_setting("--with", text, "VPN=FILE, for example nebula=./nebula");
  if (name != vpn.name)
    throw InputError("--with: found '" + name + "', but the trial runs VPN '" + vpn.name + "'");
  if (vpn.binary.empty())
    throw InputError("--with: VPN '" + name + "' has no program of its own to replace");
  if (!std::filesystem::is_regular_file(file))
    throw InputError("--with: " + file + ": there is no such file");
  if (::access(file.c_str(), R_OK | X_OK) != 0)
    throw InputError("--with: " + file + ": not an executable file that you may read");
  request.replaced_binary = std::filesystem::absolute(file);
}

/// The fabric's ports admit only QEMUs of this user, and a lab chooses the embedded driver's root.
void check_uri(const std::string& uri) {
  if (uri.starts_with("qemu:///embed?"))
    throw InputError("--connect: found '" + uri +
                     "', wanted qemu:///embed alone: every lab has a root of its own");
  if (uri.starts_with("qemu:///system"))
    throw InputError("--connect: found '" + uri +
                     "', wanted qemu:///embed or qemu:///session: the system's QEMUs belong to "
                     "another user, whom the lab's network does not admit");
}

} // namespace

void add_lab_options(CLI::App& command, TrialArguments& arguments) {
  command
      .add_option(
          "--seed", arguments.request.seed, "everything random hangs on it: keys, ports, losses")
      ->type_name("NUMBER")
      ->capture_default_str();
  command.add_option("--connect", arguments.uri, "a libvirt URI")
      ->type_name("URI")
      ->capture_default_str();
  command.add_option("--accel", arguments.accelerator, "auto, kvm or tcg")
      ->type_name("KIND")
      ->capture_default_str();
  command
      .add_option("--guest",
                  arguments.guest,
                  "the guest image's folder (default: the one that `hermesh image build` makes)")
      ->type_name("FOLDER");
  command.add_option("--runs", arguments.runs, "where run directories go")
      ->type_name("FOLDER")
      ->capture_default_str();
}

void add_trial_options(CLI::App& command, TrialArguments& arguments) {
  auto& request = arguments.request;
  command
      .add_option("--topology", request.topology, "who is where: a name (hermesh list) or a file")
      ->type_name("NAME|FILE")
      ->required();
  command.add_option("--scenario", request.scenario, "how the gateways behave: a name or a file")
      ->type_name("NAME|FILE")
      ->required();
  command.add_option("--vpn", request.vpn, "the VPN under test: a name or a folder")
      ->type_name("NAME|FOLDER")
      ->required();
  command
      .add_option(
          "--profile", request.profile, "impairment of what machines send: a name or a file")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command.add_option("--set", arguments.settings, "an option of the VPN; may be repeated")
      ->type_name("NAME=VALUE");
  command.add_option("--with", arguments.with, "your own binary in place of the packaged one")
      ->type_name("VPN=FILE");
  add_lab_options(command, arguments);
  command
      .add_option("--lab-fault",
                  arguments.faults,
                  "let a gateway do other than declared (to test the lab itself)")
      ->type_name("GATEWAY:FIELD=VALUE");
}

TrialSpec plan(TrialArguments& arguments, const Catalog& catalog) {
  auto& request = arguments.request;
  for (const auto& setting : arguments.settings)
    request.settings.push_back(
        parse_setting("--set", setting, "NAME=VALUE, for example relay=off"));
  for (const auto& fault : arguments.faults)
    request.faults.push_back(parse_lab_fault(fault));
  for (const auto& name : request.workloads)
    workload(name);
  if (arguments.with.size() > 1) throw InputError("--with: given twice; a trial runs one VPN");
  if (!arguments.with.empty())
    apply_with(request,
               arguments.with.front(),
               catalog.vpn(request.vpn, {request.settings.begin(), request.settings.end()}));
  check_uri(arguments.uri);
  if (arguments.accelerator != "auto" && arguments.accelerator != "kvm" &&
      arguments.accelerator != "tcg")
    throw InputError("--accel: found '" + arguments.accelerator + "', wanted auto, kvm or tcg");
  return plan_trial(catalog, request);
}

LabOptions prepare(const TrialArguments& arguments, const TrialSpec& spec, const Catalog& catalog) {
  LabOptions options{.uri = arguments.uri,
                     .image = read_guest_image(guest_folder(arguments.guest)),
                     .run_dir = {}};
  options.run_dir = make_run_dir(arguments.runs, spec, arguments.request, catalog);
  options.accelerator = choose_accelerator(arguments.accelerator, options.image);
  return options;
}

} // namespace hermesh::cli
