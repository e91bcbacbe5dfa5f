// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "model/catalog.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace hermesh::cli {
namespace {

/// One thing that can be named on the command line.
struct Entry {
  std::string name;
  std::vector<std::string> roles{}; ///< of gateways: what joins topologies and scenarios
  std::string description{};
  std::string problem{}; ///< why its file cannot be used; empty when it can
};

struct Kind {
  std::string name;   ///< "topologies"
  std::string header; ///< of the column of roles; empty: the kind has none
  std::vector<Entry> entries{};
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "-" : text;
}

std::vector<std::string> roles_of(const Topology& topology) {
  std::vector<std::string> roles;
  for (const auto& gateway : topology.gateways)
    if (std::ranges::find(roles, gateway.role) == roles.end()) roles.push_back(gateway.role);
  std::ranges::sort(roles);
  return roles;
}

std::vector<std::string> roles_of(const Scenario& scenario) {
  std::vector<std::string> roles;
  for (const auto& rule : scenario.gateways)
    roles.push_back(rule.role.empty() ? rule.gateway : rule.role);
  std::ranges::sort(roles);
  return roles;
}

/// One broken file must not hide the others.
template <typename Read>
std::vector<Entry> entries(const std::vector<std::string>& names, Read read) {
  std::vector<Entry> result;
  for (const auto& name : names) {
    Entry entry{.name = name};
    try {
      read(name, entry);
    } catch (const InputError& error) {
      entry.problem = error.what();
    }
    result.push_back(entry);
  }
  return result;
}

std::vector<Kind> kinds(const Catalog& catalog) {
  return {{.name = "topologies",
           .header = "GATEWAYS",
           .entries = entries(catalog.topologies(),
                              [&](const std::string& name, Entry& entry) {
                                const auto topology = catalog.topology(name);
                                entry.roles = roles_of(topology);
                                entry.description = topology.description;
                              })},
          {.name = "scenarios",
           .header = "GATEWAYS",
           .entries = entries(catalog.scenarios(),
                              [&](const std::string& name, Entry& entry) {
                                const auto scenario = catalog.scenario(name);
                                entry.roles = roles_of(scenario);
                                entry.description = scenario.description;
                              })},
          {.name = "vpns",
           .header = "",
           .entries = entries(catalog.vpns(),
                              [&](const std::string& name, Entry& entry) {
                                entry.description = catalog.vpn(name).description;
                              })},
          {.name = "profiles",
           .header = "",
           .entries = entries(catalog.profiles(), [&](const std::string& name, Entry& entry) {
             entry.description = catalog.profile(name).description;
           })}};
}

std::string as_text(const Kind& kind) {
  std::size_t name_width = 4;
  std::size_t roles_width = kind.header.size();
  for (const auto& entry : kind.entries) {
    name_width = std::max(name_width, entry.name.size());
    roles_width = std::max(roles_width, joined(entry.roles).size());
  }
  const auto line =
      [&](const std::string& name, const std::string& roles, const std::string& rest) {
        return "  " + padded(name, name_width + 2) +
               (kind.header.empty() ? "" : padded(roles, roles_width + 2)) + rest + "\n";
      };
  std::string text = kind.name + ":\n" + line("NAME", kind.header, "DESCRIPTION");
  for (const auto& entry : kind.entries)
    text += line(
        entry.name,
        joined(entry.roles),
        printable(entry.problem.empty() ? entry.description : "cannot be used: " + entry.problem));
  return text;
}

nlohmann::ordered_json as_json(const Kind& kind) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& entry : kind.entries) {
    nlohmann::ordered_json item{{"name", entry.name}, {"description", entry.description}};
    if (!kind.header.empty()) item["gateways"] = entry.roles;
    item["problem"] =
        entry.problem.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(entry.problem);
    list.push_back(std::move(item));
  }
  return list;
}

struct ListOptions {
  std::string kind;
  bool json = false;
};

int list(const ListOptions& options) {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  bool broken = false;
  std::string text;
  for (const auto& kind : kinds(Catalog(DataFolders::find()))) {
    if (!options.kind.empty() && options.kind != kind.name) continue;
    document[kind.name] = as_json(kind);
    text += (text.empty() ? "" : "\n") + as_text(kind);
    broken = broken || std::ranges::any_of(
                           kind.entries, [](const Entry& entry) { return !entry.problem.empty(); });
  }
  fmt::print("{}", options.json ? document.dump(2) + "\n" : text);
  return broken ? 2 : 0;
}

} // namespace

void add_list(CLI::App& app, int& status) {
  auto& command = *app.add_subcommand("list", "show topologies, scenarios, VPNs and profiles");
  command.footer("Example:\n  hermesh list scenarios");
  auto options = std::make_shared<ListOptions>();
  command
      .add_option(
          "KIND", options->kind, "topologies, scenarios, vpns or profiles; all when left out")
      ->check(choice({"topologies", "scenarios", "vpns", "profiles"}));
  command.add_flag("--json", options->json, "print JSON");
  command.callback([options, &status] { status = list(*options); });
}

} // namespace hermesh::cli
