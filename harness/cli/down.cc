// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "cli/commands.hh"
#include "cli/lab_client.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace hermesh::cli {
namespace {

using namespace std::chrono_literals;

struct DownArguments {
  std::string lab{};
  std::string runs = "runs";
};

int down(const DownArguments& arguments) {
  const auto lab = find_lab(arguments.lab, arguments.runs);
  LabClient client(lab);
  try {
    client.ask({{"do", "down"}}, 30s);
  } catch (const Error&) { // somebody else may have asked a moment before
    if (std::filesystem::exists(lab / "lab.sock")) throw;
  }
  client.await_end(5min); // it pulls the logs of every machine first
  fmt::print("{}\n", lab.string());
  return 0;
}

} // namespace

void add_down(CLI::App& app, int& status) {
  auto arguments = std::make_shared<DownArguments>();
  auto* command = app.add_subcommand("down", "end the lab that `up` left standing");
  command->add_option("--lab", arguments->lab, "its run directory, when several are up")
      ->type_name("FOLDER");
  command->add_option("--runs", arguments->runs, "where to look for it")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->footer("Example:\n  hermesh down");
  command->callback([arguments, &status] { status = down(*arguments); });
}

} // namespace hermesh::cli
