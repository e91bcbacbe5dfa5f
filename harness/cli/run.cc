// SPDX-License-Identifier: MIT
#include "base/interrupt.hh"
#include "cli/commands.hh"
#include "cli/terminal_progress.hh"
#include "cli/trial_options.hh"
#include "model/catalog.hh"
#include "report/result.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace hermesh::cli {
namespace {

struct RunArguments {
  TrialArguments trial;
  bool json = false;
};

bool wants_colour() {
  return ::isatty(STDOUT_FILENO) == 1 &&
         std::getenv("NO_COLOR") == nullptr; // NOLINT(concurrency-mt-unsafe)
}

int run(RunArguments& arguments) {
  const Catalog catalog(DataFolders::find());
  const auto spec = plan(arguments.trial, catalog);
  Interrupt interrupt; // before the first thread
  TerminalProgress progress;
  const auto options = prepare(arguments.trial, spec, catalog);
  progress.note("evidence: " + options.run_dir.string());
  const auto result = run_trial(spec, options, progress, interrupt);
  if (arguments.json)
    fmt::print("{}\n", to_json_document(result).dump(2));
  else
    fmt::print("{}", describe(result, wants_colour()));
  return exit_status(result.verdict);
}

} // namespace

void add_run(CLI::App& app, int& status) {
  auto arguments = std::make_shared<RunArguments>();
  auto* command = app.add_subcommand(
      "run", "run one trial: boot, certify, start the VPN, judge the path off the wire");
  add_trial_options(*command, arguments->trial);
  command
      ->add_option("--workload",
                   arguments->trial.request.workloads,
                   "measure through the path afterwards: ping, tcp; may be repeated")
      ->type_name("NAME");
  command->add_flag("--json", arguments->json, "the result as JSON on stdout");
  command->footer(
      "Exit status: 0 as expected or better, 1 worse than expected, 2 bad input, 3 the lab failed, "
      "130 interrupted.\n\n"
      "Example:\n  hermesh run --topology double-nat --scenario home-and-carrier --vpn nebula");
  command->callback([arguments, &status] { status = run(*arguments); });
}

} // namespace hermesh::cli
