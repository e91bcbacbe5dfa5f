// SPDX-License-Identifier: MIT
#include "vm/hermesh.hh"

#include "base/error.hh"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

std::string Outcome::story() const {
  return "exit status " + std::to_string(status) + "\n" + output + "\n" + diagnostics;
}

fs::path hermesh_program() {
  const auto given = variable("HERMESH_PROGRAM");
  return given.empty() ? fs::path(HERMESH_TEST_BUILD_DIR) / "harness" / "hermesh" : fs::path(given);
}

Outcome call_hermesh(const std::vector<std::string>& arguments,
                     std::chrono::seconds patience,
                     const std::map<std::string, std::string>& environment) {
  Command command{.argv = {hermesh_program().string()}, .env = environment};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  auto exit = HostExecutor().run(command, patience);
  if (exit.timed_out)
    exit.diagnostics += "\n(killed after " + std::to_string(patience.count()) + " s)";
  Outcome outcome{.status = exit.code,
                  .result = nullptr,
                  .output = exit.output,
                  .diagnostics = exit.diagnostics};
  auto document = nlohmann::json::parse(exit.output, nullptr, false);
  if (!document.is_discarded()) outcome.result = std::move(document);
  return outcome;
}

Outcome run_trial(const fs::path& runs, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"run", "--json", "--runs", runs.string()});
  return call_hermesh(arguments);
}

std::vector<int> qemu_processes(const std::string& text) {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    const auto line = content(entry.path() / "cmdline"); // a zombie has none
    if (line.find("qemu-system") != std::string::npos && line.find(text) != std::string::npos)
      found.push_back(std::stoi(name));
  }
  return found;
}

std::string missing_need() {
  const auto guest = variable("HERMESH_GUEST");
  const auto folder = guest.empty()
                          ? fs::path(HERMESH_TEST_SOURCE_DIR) / "build" / "guests" / "debian"
                          : fs::path(guest);
  if (!fs::exists(folder / "manifest.json"))
    return "no guest image at " + folder.string() + "; `hermesh image build` makes it";
  if (!fs::exists("/usr/bin/qemu-system-x86_64") &&
      variable("PATH").find("qemu") == std::string::npos)
    return "qemu-system-x86_64 is not installed";
  return "";
}

} // namespace hermesh::testing
