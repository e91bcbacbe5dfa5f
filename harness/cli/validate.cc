// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "model/catalog.hh"
#include "model/readers.hh"
#include "vpn/deployment.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <system_error>

namespace hermesh::cli {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string file;
  std::string kind{}; ///< "topology", "scenario", "profile", "vpn"; empty: it could not be told
  std::string name{};
  std::string summary{};
  std::string problem{}; ///< the whole complaint; empty: the file is good
};

std::string counted(std::size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string impairments(const Profile& profile) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  const auto add_percent = [&](const char* name, double percent) {
    if (percent > 0) add(fmt::format("{} {} %", name, percent));
  };
  if (profile.delay > Duration::zero()) add("delay " + to_string(profile.delay));
  if (profile.jitter > Duration::zero()) add("jitter " + to_string(profile.jitter));
  add_percent("loss", profile.loss_percent);
  add_percent("reorder", profile.reorder_percent);
  add_percent("duplicate", profile.duplicate_percent);
  if (profile.rate_bits_per_second > 0)
    add(fmt::format("rate {} Mbit/s", static_cast<double>(profile.rate_bits_per_second) / 1e6));
  return text.empty() ? "impairs nothing" : text;
}

void check_vpn(const fs::path& folder, Finding& finding) {
  finding.kind = "vpn";
  const auto vpn = read_vpn_folder(folder);
  check_templates(vpn);
  finding.name = vpn.name;
  finding.summary = counted(vpn.peer.files.size() + vpn.relay.files.size(), "file") + ", " +
                    counted(vpn.options.size(), "option");
}

/// Fields tell the kinds of files apart: a topology has machines, a scenario gateways without them.
std::string kind_of(const nlohmann::json& document) {
  const auto has = [&](const char* field) {
    return document.is_object() && document.contains(field);
  };
  if (has("segments") || has("machines")) return "topology";
  if (has("gateways")) return "scenario";
  for (const auto* field :
       {"delay", "jitter", "loss_percent", "reorder_percent", "duplicate_percent", "rate"})
    if (has(field)) return "profile";
  // A profile that impairs nothing has only what all kinds have.
  const std::size_t common = has("$schema") ? 4 : 3;
  return has("schema") && has("name") && has("description") && document.size() == common ? "profile"
                                                                                         : "";
}

void check_file(const fs::path& file, Finding& finding) {
  const auto document = parse_json_file(file);
  const JsonReader json(file.string(), document);
  finding.kind = kind_of(document);
  if (finding.kind == "topology") {
    const auto topology = read_topology(json);
    finding.name = topology.name;
    finding.summary = counted(topology.segments.size(), "segment") + ", " +
                      counted(topology.gateways.size(), "gateway") + ", " +
                      counted(topology.machines.size(), "machine");
  } else if (finding.kind == "scenario") {
    const auto scenario = read_scenario(json);
    finding.name = scenario.name;
    finding.summary = counted(scenario.gateways.size(), "rule");
  } else if (finding.kind == "profile") {
    const auto profile = read_profile(json);
    finding.name = profile.name;
    finding.summary = impairments(profile);
  } else {
    json.fail("found no field that tells what this is, wanted a topology ('segments', 'machines'), "
              "a scenario ('gateways') or a profile ('delay', 'loss_percent', ...)");
  }
}

Finding check(const std::string& argument) {
  Finding finding{.file = argument};
  const fs::path path = argument;
  std::error_code ignored; // what does not exist is told by the readers
  try {
    if (fs::is_directory(path, ignored)) {
      check_vpn(path, finding);
    } else if (path.filename() == "vpn.json") {
      check_vpn(path.has_parent_path() ? path.parent_path() : fs::path("."), finding);
    } else {
      check_file(path, finding);
    }
  } catch (const InputError& error) {
    finding.problem = error.what();
  }
  return finding;
}

std::string as_text(const Finding& finding) {
  if (!finding.problem.empty()) return printable(finding.problem) + "\n";
  return printable(finding.file) + ": ok: " + finding.kind + " '" + finding.name + "', " +
         finding.summary + "\n";
}

nlohmann::ordered_json as_json(const Finding& finding) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
  };
  return {{"file", finding.file},
          {"ok", finding.problem.empty()},
          {"kind", text_or_null(finding.kind)},
          {"name", text_or_null(finding.name)},
          {"problem", text_or_null(finding.problem)}};
}

struct ValidateOptions {
  std::vector<std::string> files;
  bool json = false;
};

int validate(const ValidateOptions& options) {
  nlohmann::ordered_json document{{"files", nlohmann::ordered_json::array()}};
  bool all_good = true;
  for (const auto& file : options.files) {
    const auto finding = check(file);
    all_good = all_good && finding.problem.empty();
    document["files"].push_back(as_json(finding));
    if (!options.json) fmt::print("{}", as_text(finding));
  }
  if (options.json)
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return all_good ? 0 : 2;
}

} // namespace

void add_validate(CLI::App& app, int& status) {
  auto& command = *app.add_subcommand("validate", "check input files without booting anything");
  command.footer("Example:\n  hermesh validate vm-topologies/*.json vpns/nebula");
  auto options = std::make_shared<ValidateOptions>();
  command
      .add_option("FILE", options->files, "topology, scenario or profile file, or a VPN's folder")
      ->required();
  command.add_flag("--json", options->json, "print JSON");
  command.callback([options, &status] { status = validate(*options); });
}

} // namespace hermesh::cli
