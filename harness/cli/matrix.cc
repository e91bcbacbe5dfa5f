// SPDX-License-Identifier: MIT
#include "runner/matrix.hh"

#include "base/error.hh"
#include "base/interrupt.hh"
#include "cli/attempt_text.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "cli/terminal_progress.hh"
#include "cli/trial_options.hh"
#include "model/catalog.hh"
#include "runner/run_dir.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace hermesh::cli {
namespace {

struct MatrixArguments {
  TrialArguments trial{};
  std::string flows = "reuse";
  std::string transport = "udp";
  std::vector<std::string> vary{};
  bool no_guests = false;
  bool json = false;
};

constexpr std::size_t column = 11;

/// The kinds that were varied, and what came of each pair.
struct Measured {
  MatrixPlan plan{};
  Attempts attempts{};
};

std::string kind_name(const nat::Behaviour& kind) {
  return nat::mapping_name(kind.mapping) + "/" + nat::filtering_name(kind.filtering);
}

std::string as_text(const Measured& measured, const MatrixArguments& arguments) {
  const auto& [plan, attempts] = measured;
  const auto width = plan.kinds.size();
  std::string text =
      fmt::format("{} down, {} across\n\n", plan.gateways.first, plan.gateways.second);
  text += padded("", column);
  for (std::size_t i = 0; i < width; ++i)
    text += padded(kind_name(plan.kinds[i]), i + 1 == width ? 0 : column);
  for (std::size_t i = 0; i < attempts.cells.size(); ++i) {
    if (i % width == 0) text += "\n" + padded(kind_name(plan.kinds[i / width]), column);
    text += padded(attempt_text(attempts.cells[i]), (i + 1) % width == 0 ? 0 : column);
  }
  text += fmt::format("\n\n{}, {} direct; {}, flow rule '{}', {}\n",
                      count_text(attempts),
                      std::ranges::count(attempts.cells, true, &Attempt::direct),
                      arguments.transport == "tcp" ? "TCP" : "UDP",
                      arguments.flows,
                      arguments.no_guests ? "virtual hosts" : "real guests, judged off the wire");
  return text + phases_text(attempts);
}

nlohmann::ordered_json as_json(const Measured& measured, const MatrixArguments& arguments) {
  const auto& [plan, attempts] = measured;
  auto cells = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < attempts.cells.size(); ++i) {
    nlohmann::ordered_json cell{{"a", kind_name(plan.kinds[i / plan.kinds.size()])},
                                {"b", kind_name(plan.kinds[i % plan.kinds.size()])}};
    cell.update(attempt_json(attempts.cells[i]));
    cells.push_back(std::move(cell));
  }
  return {{"schema", 1},
          {"flows", arguments.flows},
          {"transport", arguments.transport},
          {"gateways", {plan.gateways.first, plan.gateways.second}},
          {"guests", !arguments.no_guests},
          {"direct", std::ranges::count(attempts.cells, true, &Attempt::direct)},
          {"surprises", surprises(attempts)},
          {"cells", cells}};
}

Measured measure(MatrixArguments& arguments) {
  const auto flows = arguments.flows == "strict" ? nat::FlowRule::strict : nat::FlowRule::reuse;
  const auto transport = arguments.transport == "tcp" ? nat::Protocol::tcp : nat::Protocol::udp;
  if (arguments.no_guests && transport == nat::Protocol::tcp)
    throw InputError("--no-guests: found transport tcp, wanted udp: virtual hosts have no TCP");
  if (!arguments.vary.empty() && arguments.vary.size() != 2)
    throw InputError(fmt::format("--vary: found {} names, wanted two gateways: home-a,carrier",
                                 arguments.vary.size()));
  const Catalog catalog(DataFolders::find());
  arguments.trial.request.vpn = "internal"; // the puncher is the probe's own
  const auto spec = plan(arguments.trial, catalog);
  Measured measured;
  measured.plan =
      plan_matrix(spec,
                  flows,
                  arguments.vary.empty() ? std::pair<std::string, std::string>{}
                                         : std::pair{arguments.vary[0], arguments.vary[1]});
  const auto& networks = measured.plan.networks;
  if (arguments.no_guests) {
    measured.attempts = run_virtual_attempts(spec, networks);
    return measured;
  }
  Interrupt interrupt; // before the first thread
  TerminalProgress progress;
  const auto options = prepare(arguments.trial, spec, catalog);
  progress.note("evidence: " + options.run_dir.string());
  measured.attempts = run_attempts(spec, networks, transport, options, progress, interrupt);
  write_file(options.run_dir / "matrix.json", as_json(measured, arguments).dump(2) + "\n");
  return measured;
}

int run(MatrixArguments& arguments) {
  const auto measured = measure(arguments);
  if (arguments.json)
    fmt::print("{}\n", as_json(measured, arguments).dump(2));
  else
    fmt::print("{}", as_text(measured, arguments));
  return exit_status(measured.attempts);
}

} // namespace

void add_matrix(CLI::App& app, int& status) {
  auto arguments = std::make_shared<MatrixArguments>();
  auto& request = arguments->trial.request;
  request.topology = "nat-nat";
  request.scenario = "port-restricted";
  auto* command = app.add_subcommand(
      "matrix", "hold theory against the lab: the reference puncher through all 81 pairs of NATs");
  command
      ->add_option(
          "--topology", request.topology, "where the two gateways are that take every kind in turn")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command->add_option("--scenario", request.scenario, "how the other gateways behave")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command
      ->add_option(
          "--flows", arguments->flows, "what an admitted packet does to a gateway: reuse or strict")
      ->type_name("RULE")
      ->capture_default_str()
      ->check(choice({"reuse", "strict"}));
  command
      ->add_option("--transport",
                   arguments->transport,
                   "what is punched with: udp, or tcp, whose SYNs cross (RFC 5128 section 3.4)")
      ->type_name("PROTOCOL")
      ->capture_default_str()
      ->check(choice({"udp", "tcp"}));
  command
      ->add_option("--vary",
                   arguments->vary,
                   "the two gateways that take every kind (default: those next to the peers)")
      ->type_name("GATEWAY,GATEWAY")
      ->delimiter(',');
  command->add_flag(
      "--no-guests", arguments->no_guests, "virtual hosts in place of guests: takes a moment");
  command->add_flag("--json", arguments->json, "as JSON on stdout");
  add_lab_options(*command, arguments->trial);
  command->footer("Exit status: 0 all cells are as theory says, 1 some are not, 2 bad input, 3 the "
                  "lab failed.\n\nExample:\n  hermesh matrix --flows strict");
  command->callback([arguments, &status] { status = run(*arguments); });
}

} // namespace hermesh::cli
