// SPDX-License-Identifier: MIT
#include "runner/matrix.hh"

#include "base/interrupt.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "cli/terminal_progress.hh"
#include "cli/trial_options.hh"
#include "model/catalog.hh"
#include "runner/run_dir.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace hermesh::cli {
namespace {

struct MatrixArguments {
  TrialArguments trial{};
  std::string flows = "reuse";
  bool no_guests = false;
  bool json = false;
};

constexpr std::size_t column = 11;

std::string kind_name(const nat::Behaviour& kind) {
  return nat::mapping_name(kind.mapping) + "/" + nat::filtering_name(kind.filtering);
}

std::string cell_text(const MatrixCell& cell) {
  if (!cell.certified) return "invalid!";
  return std::string(cell.direct ? "direct" : "-") + (cell.as_expected() ? "" : "!");
}

std::string as_text(const Matrix& matrix, const MatrixArguments& arguments) {
  std::string text = padded("A \\ B", column);
  for (std::size_t i = 0; i < 9; ++i)
    text += padded(kind_name(matrix.cells[i].b), i == 8 ? 0 : column);
  for (std::size_t i = 0; i < matrix.cells.size(); ++i) {
    const auto& cell = matrix.cells[i];
    if (i % 9 == 0) text += "\n" + padded(kind_name(cell.a), column);
    text += padded(cell_text(cell), i % 9 == 8 ? 0 : column);
  }
  const auto right = matrix.cells.size() - matrix.surprises();
  text += fmt::format("\n\n{} of {} cells as theory says, {} direct; flow rule '{}', {}\n",
                      right,
                      matrix.cells.size(),
                      matrix.direct_count(),
                      arguments.flows,
                      arguments.no_guests ? "virtual hosts" : "real guests, judged off the wire");
  if (matrix.surprises() > 0) text += "'!': not as theory says\n";
  for (const auto& phase : matrix.phases) {
    const auto seconds = std::chrono::duration<double>(phase.took).count();
    text += fmt::format("{}: {:.2f} s", phase.phase, seconds);
    if (phase.phase == "cells")
      text += fmt::format(", {:.0f} cells a minute",
                          60.0 * static_cast<double>(matrix.cells.size()) / seconds);
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json as_json(const Matrix& matrix, const MatrixArguments& arguments) {
  auto cells = nlohmann::ordered_json::array();
  const auto path = [](bool direct) { return direct ? "direct" : "unreachable"; };
  for (const auto& cell : matrix.cells)
    cells.push_back({{"a", kind_name(cell.a)},
                     {"b", kind_name(cell.b)},
                     {"path", path(cell.direct)},
                     {"claim", path(cell.claimed)},
                     {"expected", path(cell.expected)},
                     {"certified", cell.certified},
                     {"ms", std::chrono::duration<double, std::milli>(cell.took).count()}});
  return {{"schema", 1},
          {"flows", arguments.flows},
          {"guests", !arguments.no_guests},
          {"direct", matrix.direct_count()},
          {"surprises", matrix.surprises()},
          {"cells", cells}};
}

Matrix measure(MatrixArguments& arguments) {
  const auto flows = arguments.flows == "strict" ? nat::FlowRule::strict : nat::FlowRule::reuse;
  const Catalog catalog(DataFolders::find());
  arguments.trial.request.vpn = "internal"; // the puncher is the probe's own
  const auto spec = plan(arguments.trial, catalog);
  if (arguments.no_guests) return run_virtual_matrix(spec, flows);
  Interrupt interrupt; // before the first thread
  TerminalProgress progress;
  const auto options = prepare(arguments.trial, spec, catalog);
  progress.note("evidence: " + options.run_dir.string());
  auto matrix = run_matrix(spec, flows, options, progress, interrupt);
  write_file(options.run_dir / "matrix.json", as_json(matrix, arguments).dump(2) + "\n");
  return matrix;
}

int run(MatrixArguments& arguments) {
  const auto matrix = measure(arguments);
  if (arguments.json)
    fmt::print("{}\n", as_json(matrix, arguments).dump(2));
  else
    fmt::print("{}", as_text(matrix, arguments));
  const auto certified = [](const MatrixCell& cell) { return cell.certified; };
  if (!std::ranges::all_of(matrix.cells, certified)) return 3;
  return matrix.surprises() == 0 ? 0 : 1;
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
          "--topology", request.topology, "the gateway next to each peer takes every kind in turn")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command->add_option("--scenario", request.scenario, "how the gateways beyond behave")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command
      ->add_option(
          "--flows", arguments->flows, "what an admitted packet does to a gateway: reuse or strict")
      ->type_name("RULE")
      ->capture_default_str()
      ->check(choice({"reuse", "strict"}));
  command->add_flag(
      "--no-guests", arguments->no_guests, "virtual hosts in place of guests: takes a moment");
  command->add_flag("--json", arguments->json, "as JSON on stdout");
  add_lab_options(*command, arguments->trial);
  command->footer("Exit status: 0 all cells are as theory says, 1 some are not, 2 bad input, 3 the "
                  "lab failed.\n\nExample:\n  hermesh matrix --flows strict");
  command->callback([arguments, &status] { status = run(*arguments); });
}

} // namespace hermesh::cli
