// SPDX-License-Identifier: MIT
#include "judge/judge.hh"

#include "cli/commands.hh"
#include "runner/evidence.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace hermesh::cli {
namespace {

struct JudgeArguments {
  std::string run_dir{};
  bool json = false;
};

int judge_again(const JudgeArguments& arguments) {
  const std::filesystem::path run(arguments.run_dir);
  if (!std::filesystem::is_regular_file(run / "probes.json"))
    throw InputError(run.string() +
                     ": found no probes.json, wanted the directory of a run that probed");
  const auto probes = read_probes(run / "probes.json");
  const auto there = judge(run / "captures", probes.machines, probes.there);
  const auto back = judge(run / "captures", probes.machines, probes.back);
  const auto worse = std::max(there.settled.kind, back.settled.kind);
  if (arguments.json) {
    const auto row = [](const ProbeTrack& track, const DirectionVerdict& verdict) {
      return nlohmann::json{{"from", track.from},
                            {"to", track.to},
                            {"path", to_string(verdict.settled.kind)},
                            {"via", verdict.settled.via}};
    };
    fmt::print("{}\n",
               nlohmann::json{{"path", to_string(worse)},
                              {"paths", {row(probes.there, there), row(probes.back, back)}}}
                   .dump(2));
    return 0;
  }
  for (const auto& [track, verdict] :
       {std::pair(&probes.there, &there), std::pair(&probes.back, &back)}) {
    fmt::print("{} > {}: {}\n", track->from, track->to, to_string(verdict->settled));
    for (const auto& interval : verdict->timeline)
      fmt::print("  {:8.1f} s .. {:8.1f} s  {} ({} probes)\n",
                 std::chrono::duration<double>(interval.from - probes.started).count(),
                 std::chrono::duration<double>(interval.to - probes.started).count(),
                 to_string(interval.path),
                 interval.probes);
  }
  fmt::print("path: {}\n", to_string(worse));
  return 0;
}

} // namespace

void add_judge(CLI::App& app, int& status) {
  auto arguments = std::make_shared<JudgeArguments>();
  auto* command = app.add_subcommand("judge", "compute a run's path again from its captures");
  command->add_option("RUN", arguments->run_dir, "a run directory")->required();
  command->add_flag("--json", arguments->json, "as JSON");
  command->footer(
      "Example:\n  hermesh judge runs/20260102-030405-double-nat-home-and-carrier-nebula-abcdefgh");
  command->callback([arguments, &status] { status = judge_again(*arguments); });
}

} // namespace hermesh::cli
