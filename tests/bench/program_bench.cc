// SPDX-License-Identifier: MIT
//
// What the program takes, as its user waits for it: the main job, the 81 cells with guests and
// without, beside a reference loop before and after each. HERMESH_GUEST names the guest image.
#include "base/temp_dir.hh"
#include "bench/reference_loop.hh"
#include "vm/hermesh.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace hermesh;
using namespace hermesh::testing;
using Steady = std::chrono::steady_clock;

struct Timed {
  nlohmann::json result;
  double seconds = 0;
  double reference_seconds = 0; ///< the worse of the two beside it
};

Timed timed(std::vector<std::string> arguments) {
  const TempDir runs("hmbench");
  arguments.insert(arguments.end(), {"--json", "--runs", runs.path().string()});
  Timed timed{.result = {}, .seconds = 0, .reference_seconds = bench::reference_loop()};
  const auto start = Steady::now();
  auto outcome = call_hermesh(arguments);
  timed.seconds = std::chrono::duration<double>(Steady::now() - start).count();
  timed.reference_seconds = std::max(timed.reference_seconds, bench::reference_loop());
  if (outcome.status != 0) throw std::runtime_error(outcome.story());
  timed.result = std::move(outcome.result);
  return timed;
}

void main_job() {
  const auto job = timed(
      {"run", "--topology", "double-nat", "--scenario", "home-and-carrier", "--vpn", "nebula"});
  std::string phases;
  for (const auto& phase : job.result.at("phases"))
    phases += fmt::format(", \"{}\": {:.2f}",
                          phase.at("phase").get<std::string>(),
                          phase.at("ms").get<double>() / 1000);
  fmt::print("{{\"bench\": \"program\", \"what\": \"main job\", \"seconds\": {:.1f}{}, "
             "\"reference_loop_seconds\": {:.2f}}}\n",
             job.seconds,
             phases,
             job.reference_seconds);
}

void matrix(const char* what, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "matrix");
  const auto measured = timed(std::move(arguments));
  double seconds = 0;
  for (const auto& cell : measured.result.at("cells"))
    seconds += cell.at("ms").get<double>() / 1000;
  const auto cells = static_cast<double>(measured.result.at("cells").size());
  fmt::print("{{\"bench\": \"program\", \"what\": \"{}\", \"cells_per_minute\": {:.0f}, "
             "\"seconds_per_cell\": {:.6f}, \"reference_loop_seconds\": {:.2f}}}\n",
             what,
             60 * cells / seconds,
             seconds / cells,
             measured.reference_seconds);
}

} // namespace

int main() {
  if (const auto missing = missing_need(); !missing.empty()) {
    fmt::print("skipped: {}\n", missing);
    return 77;
  }
  try {
    main_job();
    matrix("81 cells with guests", {});
    matrix("81 cells on virtual hosts", {"--no-guests"});
  } catch (const std::exception& error) {
    fmt::print(stderr, "program_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
