// SPDX-License-Identifier: MIT
#include "base/command.hh"
#include "base/error.hh"
#include "cli/commands.hh"
#include "cli/guest_folder.hh"
#include "model/catalog.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

namespace hermesh::cli {
namespace {

struct ImageArguments {
  std::string out{};
  std::string probe{};
  bool check = false;
  bool update_lock = false;
};

/// The static probe program: beside this one in a build tree, or in libexec of an installation.
std::filesystem::path find_probe(const std::string& given) {
  if (!given.empty()) return given;
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const auto& candidate :
       {here / "hermesh-probe", here.parent_path() / "libexec/hermesh/hermesh-probe"})
    if (std::filesystem::exists(candidate)) return candidate;
  throw InputError(
      "hermesh-probe is neither beside this program nor in its libexec; name it with --probe");
}

int build(const ImageArguments& arguments) {
  const auto out =
      arguments.out.empty() ? default_guest_folder() : std::filesystem::path(arguments.out);
  Command command{.argv = {(DataFolders::find().topologies / "guests/debian/build").string(),
                           "--out",
                           out.string(),
                           "--probe",
                           find_probe(arguments.probe).string()}};
  if (arguments.check) command.argv.emplace_back("--check");
  if (arguments.update_lock) command.argv.emplace_back("--update-lock");
  const auto exit = HostExecutor(true).run(command, std::chrono::minutes{40});
  if (exit.code == 2) throw InputError("the guest image was not built: its build says above why");
  if (arguments.check && exit.code <= 1) {
    fmt::print("{}: {}\n", out.string(), exit.ok() ? "up to date" : "stale or absent");
    return exit.ok() ? 0 : 1;
  }
  if (!exit.ok())
    throw Error("the guest image was not built: " + to_string(command) +
                (exit.timed_out ? " took over 40 min" : fmt::format(" ended with {}", exit.code)));
  fmt::print("{}\n", out.string());
  return 0;
}

} // namespace

void add_image(CLI::App& app, int& status) {
  auto* image = app.add_subcommand("image", "the guest image");
  image->require_subcommand(1);
  image->footer("Example:\n  hermesh image build");
  auto arguments = std::make_shared<ImageArguments>();
  auto* command = image->add_subcommand(
      "build", "make the Debian guest image from the distribution's packages");
  command
      ->add_option("--out",
                   arguments->out,
                   "the image's folder (default: build/guests/debian, or the user's cache)")
      ->type_name("FOLDER");
  command
      ->add_option(
          "--probe", arguments->probe, "the static hermesh-probe (default: beside this program)")
      ->type_name("FILE");
  command->add_flag(
      "--check", arguments->check, "build nothing; exit 0 when the image is up to date, else 1");
  command->add_flag("--update-lock",
                    arguments->update_lock,
                    "write packages.lock anew from what the archive has today");
  command->footer("Example:\n  hermesh image build");
  command->callback([arguments, &status] { status = build(*arguments); });
}

} // namespace hermesh::cli
