// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "cli/commands.hh"
#include "cli/guest_folder.hh"
#include "machine/accelerator.hh"
#include "machine/host_facts.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace hermesh::cli {
namespace {

using nlohmann::json;

struct DoctorArguments {
  std::string guest{};
  bool json = false;
};

struct Image {
  std::optional<GuestImage> found{};
  std::string problem{};
};

Image find_image(const std::string& given) {
  try {
    return {.found = read_guest_image(guest_folder(given))};
  } catch (const InputError& error) {
    return {.problem = error.what()};
  }
}

std::string accelerator_words(const HostFacts& facts) {
  if (facts.kvm_obstacle) return "tcg (" + *facts.kvm_obstacle + ")";
  if (!facts.kvm) return "not tried: there is no guest image to try KVM with";
  return facts.kvm->works ? "kvm (a guest was started with it)" : "tcg (" + facts.kvm->reason + ")";
}

void print(const HostFacts& facts, const Image& image) {
  const auto row = [](const char* name, const std::string& value) {
    fmt::print("{:<13}{}\n", name, value);
  };
  row("libvirt", facts.libvirt_version + (facts.qemu_driver ? "" : ", without its QEMU driver"));
  row("QEMU",
      facts.qemu ? fmt::format("{} ({})", facts.qemu_version, facts.qemu->string()) : "none");
  row("accelerator", accelerator_words(facts));
  row("guest image",
      image.found ? fmt::format("{} ({})", image.found->name, image.found->folder.string())
                  : image.problem);
  row("cores", std::to_string(facts.cores));
  row("memory",
      fmt::format("{} MiB, {} MiB available", facts.memory_mib, facts.memory_available_mib));
  row("disk", fmt::format("{} MiB free here", facts.disk_free_mib));
  row("open files", fmt::format("at most {}", facts.open_files));
  for (const auto& missing : facts.missing) {
    fmt::print("\n{}: {}\n", missing.fatal ? "MISSING" : "note", missing.what);
    if (!missing.debian.empty()) fmt::print("  Debian: apt-get install {}\n", missing.debian);
    if (!missing.nix.empty()) fmt::print("  Nix: {}\n", missing.nix);
    if (!missing.advice.empty()) fmt::print("  {}\n", missing.advice);
  }
}

json document(const HostFacts& facts, const Image& image) {
  auto missing = json::array();
  for (const auto& each : facts.missing)
    missing.push_back({{"what", each.what},
                       {"debian", each.debian},
                       {"nix", each.nix},
                       {"advice", each.advice},
                       {"fatal", each.fatal}});
  return {{"libvirt", facts.libvirt_version},
          {"qemu", facts.qemu ? json(facts.qemu->string()) : json(nullptr)},
          {"qemu_version", facts.qemu_version},
          {"accelerator", accelerator_words(facts)},
          {"guest_image", image.found ? json(image.found->folder.string()) : json(nullptr)},
          {"guest_image_problem", image.found ? json(nullptr) : json(image.problem)},
          {"cores", facts.cores},
          {"memory_mib", facts.memory_mib},
          {"memory_available_mib", facts.memory_available_mib},
          {"disk_free_mib", facts.disk_free_mib},
          {"open_files", facts.open_files},
          {"missing", missing}};
}

int doctor(const DoctorArguments& arguments) {
  const auto image = find_image(arguments.guest);
  const auto facts = host_facts(image.found);
  if (arguments.json)
    fmt::print("{}\n", document(facts, image).dump(2));
  else
    print(facts, image);
  const bool fit = image.found && std::ranges::none_of(facts.missing, &Shortcoming::fatal);
  if (!arguments.json)
    fmt::print("\n{}\n", fit ? "ready to run trials" : "not ready to run trials");
  return fit ? 0 : 3;
}

} // namespace

void add_doctor(CLI::App& app, int& status) {
  auto arguments = std::make_shared<DoctorArguments>();
  auto* command = app.add_subcommand("doctor", "what this host can do, and what to install");
  command->add_option("--guest", arguments->guest, "the guest image's folder")->type_name("FOLDER");
  command->add_flag("--json", arguments->json, "as JSON");
  command->footer(
      "Exit status: 0 ready to run trials, 3 something is missing.\n\nExample:\n  hermesh doctor");
  command->callback([arguments, &status] { status = doctor(*arguments); });
}

} // namespace hermesh::cli
