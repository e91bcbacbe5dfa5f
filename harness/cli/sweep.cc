// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/interrupt.hh"
#include "cli/attempt_text.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "cli/terminal_progress.hh"
#include "cli/trial_options.hh"
#include "model/catalog.hh"
#include "runner/attempts.hh"
#include "runner/run_dir.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hermesh::cli {
namespace {

struct SweepArguments {
  TrialArguments trial{};
  std::vector<std::string> topologies{}; ///< empty: all that are shipped
  std::vector<std::string> scenarios{};
  bool no_guests = false;
  bool json = false;
};

/// A topology and those of the scenarios that fit it.
struct Sweep {
  TrialSpec spec; ///< of the first scenario
  std::vector<std::string> scenarios{};
  std::vector<Network> networks{};
  Attempts attempts{};
};

bool fits(const Topology& topology, const Scenario& scenario) {
  try {
    bind(topology, scenario, {}, 1);
    return true;
  } catch (const InputError&) { // "not applicable" is what it says
    return false;
  }
}

/// Empty when no scenario fits.
std::optional<Sweep>
plan_sweep(const SweepArguments& arguments, const std::string& name, const Catalog& catalog) {
  const auto topology = catalog.topology(name);
  std::optional<Sweep> sweep;
  for (const auto& scenario : arguments.scenarios) {
    if (!fits(topology, catalog.scenario(scenario))) continue;
    auto trial = arguments.trial;
    trial.request.topology = name;
    trial.request.scenario = scenario;
    auto spec = plan(trial, catalog);
    if (!sweep) sweep = Sweep{.spec = spec};
    sweep->scenarios.push_back(spec.scenario.name);
    sweep->networks.push_back(std::move(spec.declared));
  }
  return sweep;
}

/// Why, where that is not plain: theory was not met, or leaves it open.
std::string remark(const Attempt& attempt) {
  if (!attempt.is_sound()) return attempt.differs;
  if (attempt.expected.certainty == oracle::Certainty::may)
    return "either way: " + attempt.expected.reason;
  return attempt.as_expected() ? "" : attempt.expected.reason;
}

std::string as_text(const Sweep& sweep) {
  std::size_t width = 0;
  for (const auto& scenario : sweep.scenarios)
    width = std::max(width, scenario.size() + 2);
  std::string text = sweep.spec.topology.name + "\n";
  for (std::size_t i = 0; i < sweep.scenarios.size(); ++i) {
    const auto& attempt = sweep.attempts.cells[i];
    auto line = "  " + padded(sweep.scenarios[i], width) + padded(attempt_text(attempt), 10) +
                remark(attempt);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

nlohmann::ordered_json as_json(const Sweep& sweep) {
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < sweep.scenarios.size(); ++i) {
    nlohmann::ordered_json row{{"topology", sweep.spec.topology.name},
                               {"scenario", sweep.scenarios[i]}};
    row.update(attempt_json(sweep.attempts.cells[i]));
    rows.push_back(std::move(row));
  }
  return rows;
}

void measure(Sweep& sweep,
             const SweepArguments& arguments,
             const Catalog& catalog,
             TerminalProgress& progress,
             Interrupt& interrupt) {
  if (arguments.no_guests) {
    sweep.attempts = run_virtual_attempts(sweep.spec, sweep.networks);
    return;
  }
  auto trial = arguments.trial;
  trial.request = sweep.spec.request;
  const auto options = prepare(trial, sweep.spec, catalog);
  progress.note(sweep.spec.topology.name + ": evidence: " + options.run_dir.string());
  sweep.attempts =
      run_attempts(sweep.spec, sweep.networks, nat::Protocol::udp, options, progress, interrupt);
  write_file(options.run_dir / "sweep.json", as_json(sweep).dump(2) + "\n");
}

/// A timeline takes its time, and a sweep has none.
std::vector<std::string> scenarios_without_events(const Catalog& catalog) {
  auto names = catalog.scenarios();
  std::erase_if(names, [&](const auto& name) { return !catalog.scenario(name).events.empty(); });
  return names;
}

std::vector<Sweep> plan_all(SweepArguments& arguments, const Catalog& catalog) {
  arguments.trial.request.vpn = "internal"; // the puncher is the probe's own
  if (arguments.scenarios.empty()) arguments.scenarios = scenarios_without_events(catalog);
  for (const auto& scenario : arguments.scenarios)
    if (!catalog.scenario(scenario).events.empty())
      throw InputError("scenario '" + scenario +
                       "': found events, wanted none in a sweep: `hermesh run` plays them");
  const auto topologies =
      arguments.topologies.empty() ? catalog.topologies() : arguments.topologies;
  std::vector<Sweep> sweeps;
  for (const auto& name : topologies)
    if (auto sweep = plan_sweep(arguments, name, catalog)) sweeps.push_back(std::move(*sweep));
  if (sweeps.empty())
    throw InputError("found no pair of these topologies and scenarios that fit each other, wanted "
                     "one: 'hermesh list' shows the roles of both");
  return sweeps;
}

int run(SweepArguments& arguments) {
  const Catalog catalog(DataFolders::find());
  auto sweeps = plan_all(arguments, catalog);
  if (sweeps.size() > 1 && !arguments.no_guests)
    throw InputError(
        fmt::format("found {} topologies, wanted one with --topology (or --no-guests): "
                    "libvirt's embedded driver does not open often in one program",
                    sweeps.size()));
  Interrupt interrupt; // before the first thread
  TerminalProgress progress;
  Attempts all;
  auto rows = nlohmann::ordered_json::array();
  for (auto& sweep : sweeps) {
    measure(sweep, arguments, catalog, progress, interrupt);
    if (!arguments.json) fmt::print("{}\n", as_text(sweep));
    for (auto& row : as_json(sweep))
      rows.push_back(std::move(row));
    std::ranges::copy(sweep.attempts.cells, std::back_inserter(all.cells));
  }
  if (arguments.json) {
    const nlohmann::ordered_json document{{"schema", 1},
                                          {"guests", !arguments.no_guests},
                                          {"surprises", surprises(all)},
                                          {"rows", rows}};
    fmt::print("{}\n", document.dump(2));
  } else {
    fmt::print("{} on {} topologies; {}\n",
               count_text(all),
               sweeps.size(),
               arguments.no_guests ? "virtual hosts" : "real guests, judged off the wire");
  }
  return exit_status(all);
}

} // namespace

void add_sweep(CLI::App& app, int& status) {
  auto arguments = std::make_shared<SweepArguments>();
  auto* command = app.add_subcommand(
      "sweep", "hold theory against the lab: the reference puncher through every scenario");
  command->add_option("SCENARIO",
                      arguments->scenarios,
                      "names or files (default: all shipped that have no events)");
  command
      ->add_option("--topology",
                   arguments->topologies,
                   "with --no-guests it may be repeated (default: all shipped)")
      ->type_name("NAME|FILE")
      ->allow_extra_args(false);
  command->add_flag(
      "--no-guests", arguments->no_guests, "virtual hosts in place of guests: takes a moment");
  command->add_flag("--json", arguments->json, "as JSON on stdout");
  add_lab_options(*command, arguments->trial);
  command->footer("The topology is booted once; its gateways take each scenario that fits it in "
                  "turn.\n\nExit status: 0 all are as theory says, 1 some are not, 2 bad input, 3 "
                  "the lab failed.\n\nExample:\n  hermesh sweep --topology double-nat");
  command->callback([arguments, &status] { status = run(*arguments); });
}

} // namespace hermesh::cli
