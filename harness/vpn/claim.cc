// SPDX-License-Identifier: MIT
#include "base/suggest.hh"
#include "model/foreign_json.hh"
#include "vpn/deployment.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace hermesh {
namespace {

constexpr std::chrono::seconds status_patience{
    20}; // scripts bound themselves; this bounds the rest

std::string text_field(const nlohmann::json& record, const char* name, std::string& problem) {
  const auto field = record.find(name);
  if (field == record.end() || field->is_null()) return {};
  if (field->is_string()) return field->get<std::string>();
  problem = std::string("'") + name + "' is " + field->type_name() + ", not a string";
  return {};
}

/// What the script printed, taken as a claim; never an Error: that a VPN's words cannot be
/// understood is itself a finding.
Claim understood(const Exit& exit) {
  Claim claim{.path = "unknown", .raw = exit.output};
  if (exit.timed_out) {
    claim.problem = "the status script did not end in time";
    return claim;
  }
  if (exit.code != 0) {
    claim.problem = "the status script ended with exit code " + std::to_string(exit.code) +
                    (exit.diagnostics.empty() ? "" : ": ") +
                    exit.diagnostics.substr(0, exit.diagnostics.find('\n'));
    return claim;
  }
  const auto record = parse_foreign_json(exit.output);
  if (!record.is_object()) {
    claim.problem = "the status script did not print one JSON object";
    return claim;
  }
  const std::vector<std::string> paths{"direct", "relayed", "unreachable", "unknown"};
  const auto path = text_field(record, "path", claim.problem);
  claim.via = text_field(record, "via", claim.problem);
  claim.endpoint = text_field(record, "endpoint", claim.problem);
  if (std::ranges::find(paths, path) != paths.end())
    claim.path = path;
  else if (claim.problem.empty())
    claim.problem = "the status script names a path '" + path + "'" + did_you_mean(path, paths);
  return claim;
}

} // namespace

Claim ask_status(Machine& machine, const NodeDeployment& node, const NodeDeployment& peer) {
  if (node.status.argv.empty()) return {.path = "unknown", .problem = "it has no status script"};
  auto command = node.status;
  command.argv.push_back(to_string(peer.overlay));
  return understood(machine.exec(command, status_patience));
}

} // namespace hermesh
