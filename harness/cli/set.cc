// SPDX-License-Identifier: MIT
#include "cli/commands.hh"
#include "cli/lab_client.hh"
#include "runner/trial_spec.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace hermesh::cli {
namespace {

using namespace std::chrono_literals;

struct SetArguments {
  std::vector<std::string> changes{};
  std::string lab{};
  std::string runs = "runs";
};

int set(const SetArguments& arguments) {
  for (const auto& change : arguments.changes)
    parse_lab_fault(change, "CHANGE"); // what is malformed is told here
  LabClient client(find_lab(arguments.lab, arguments.runs));
  const auto answer = client.ask({{"do", "set"}, {"changes", arguments.changes}},
                                 3min); // machines may get other routes
  bool certified = true;
  for (const auto& gateway : answer.at("gateways")) {
    fmt::print("{}: {}\n",
               gateway.at("gateway").get<std::string>(),
               gateway.at("measured").get<std::string>());
    certified = certified && gateway.at("certified").get<bool>();
  }
  return certified ? 0 : 3;
}

} // namespace

void add_set(CLI::App& app, int& status) {
  auto arguments = std::make_shared<SetArguments>();
  auto* command = app.add_subcommand(
      "set", "give gateways of a standing lab other rules; they forget all mappings");
  command
      ->add_option("CHANGE", arguments->changes, "GATEWAY:FIELD=VALUE, in the words of a scenario")
      ->required();
  command->add_option("--lab", arguments->lab, "its run directory, when several are up")
      ->type_name("FOLDER");
  command->add_option("--runs", arguments->runs, "where to look for it")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->footer("Prints what probes then measure. Exit status: 0 as set, 3 not.\n\n"
                  "Example:\n  hermesh set home-a:mapping=APDM home-a:ports=random");
  command->callback([arguments, &status] { status = set(*arguments); });
}

} // namespace hermesh::cli
