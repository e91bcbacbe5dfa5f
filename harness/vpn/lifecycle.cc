// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "vpn/deployment.hh"
#include "vpn/template_context.hh"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

namespace hermesh {
namespace {

// Generous: a guest without hardware acceleration on a busy host takes seconds for what is
// milliseconds elsewhere. They bound a hang, they do not time anything.
constexpr std::chrono::seconds setup_patience{60};
constexpr std::chrono::seconds daemon_patience{30};

constexpr std::size_t obituary_lines = 5;
constexpr std::size_t obituary_size = 800;

Command daemon_command(const std::string& action, const VpnSpec& vpn) {
  return {.argv = {"/usr/lib/hermesh/daemon", action, vpn.name}};
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// The last lines of a log, as one line.
std::string log_end(std::string_view log) {
  std::vector<std::string> lines;
  while (!log.empty()) {
    auto line = first_line(log);
    log.remove_prefix(std::min(log.size(), line.size() + 1));
    if (!line.empty()) lines.push_back(std::move(line));
  }
  std::string text;
  const auto skipped = lines.size() - std::min(lines.size(), obituary_lines);
  for (auto i = skipped; i < lines.size(); ++i)
    text += (text.empty() ? "" : " | ") + lines[i];
  return text.size() > obituary_size ? "..." + text.substr(text.size() - obituary_size) : text;
}

/// Runs `body`; keeps the first Error instead of letting it end a take-down half way.
template <typename Body>
void keep_going(std::optional<Error>& first, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    if (!first) first = error;
  }
}

} // namespace

void start_vpn(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node) {
  if (!node.files.empty()) machine.push(node.files);
  for (const auto& command : node.setup)
    must(machine, command, setup_patience);
  start_daemon(machine, vpn, node);
}

void start_daemon(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node) {
  if (node.daemon.empty()) return;
  auto start = daemon_command("start", vpn);
  start.argv.emplace_back("--");
  start.argv.insert(start.argv.end(), node.daemon.begin(), node.daemon.end());
  must(machine, start, daemon_patience);
}

void kill_daemon(Machine& machine, const VpnSpec& vpn) {
  constexpr std::string_view running = "running ";
  const auto status = machine.exec(daemon_command("status", vpn), daemon_patience);
  if (!status.output.starts_with(running))
    throw Error(machine.name() + ": there is no daemon of " + vpn.name +
                " to kill: " + first_line(status.output));
  const auto pid = first_line(std::string_view(status.output).substr(running.size()));
  // The whole group: the daemon is its leader.
  must(machine, {.argv = {"kill", "-KILL", "--", "-" + pid}}, daemon_patience);
}

void stop_vpn(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node) {
  std::optional<Error> first;
  if (!node.daemon.empty())
    keep_going(first, [&] { must(machine, daemon_command("stop", vpn), daemon_patience); });
  for (const auto& command : node.teardown)
    keep_going(first, [&] { must(machine, command, setup_patience); });
  if (!node.files.empty())
    keep_going(first, [&] {
      must(machine, {.argv = {"rm", "-rf", "--", folder_on_machine(vpn)}}, setup_patience);
    });
  if (!first) return;
  first->add_context("stop " + vpn.name + " on " + machine.name());
  throw *first;
}

std::string daemon_obituary(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node) {
  if (node.daemon.empty()) return {};
  const auto exit = machine.exec(daemon_command("status", vpn), daemon_patience);
  const auto state = first_line(exit.output);
  if (state.starts_with("running")) return {};
  const auto who = "the daemon of " + vpn.name + " on " + machine.name();
  if (exit.timed_out) return who + " could not be asked for within its time";
  if (!state.starts_with("exited")) return who + " was never started";
  const auto log = log_end(daemon_log(machine, vpn));
  return who + " ended with exit code" + state.substr(std::string_view("exited").size()) +
         (log.empty() ? "; its log is empty" : "; its log ends: " + log);
}

std::string daemon_log(Machine& machine, const VpnSpec& vpn) {
  return machine.exec(daemon_command("log", vpn), daemon_patience).output;
}

} // namespace hermesh
