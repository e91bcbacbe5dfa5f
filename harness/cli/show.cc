// SPDX-License-Identifier: MIT
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "cli/picture.hh"
#include "model/catalog.hh"
#include "model/json_reader.hh"
#include "model/network.hh"

#include <fmt/format.h>

#include <memory>

namespace hermesh::cli {
namespace {

constexpr std::size_t screen_width = 100;

struct ShowOptions {
  std::string topology{};
  std::string scenario{};
  bool json = false;
};

/// What the scenario's file says of each gateway; that it says all that is needed was checked.
GatewayWords words_of(const Topology& topology, const std::filesystem::path& scenario) {
  const auto document = parse_json_file(scenario);
  GatewayWords words;
  for (const auto& gateway : topology.gateways)
    for (auto rule : document.at("gateways")) {
      const bool by_name = rule.value("gateway", "") == gateway.name; // wins over its role's
      if (!by_name && (rule.value("role", "") != gateway.role || words.contains(gateway.name)))
        continue;
      rule.erase("role");
      rule.erase("gateway");
      words[gateway.name] = std::move(rule);
    }
  return words;
}

void print_header(const std::string& label, const std::string& text) {
  constexpr std::size_t column = 12;
  std::string lead = label;
  for (const auto& line : wrapped(printable(text), screen_width - column)) {
    fmt::print("{}{}\n", padded(lead, column), line);
    lead.clear();
  }
}

void show(const ShowOptions& options) {
  const Catalog catalog(DataFolders::find());
  const auto topology = catalog.topology(options.topology);
  Scenario scenario;
  GatewayWords words;
  if (!options.scenario.empty()) {
    scenario = catalog.scenario(options.scenario);
    bind(topology, scenario, {}, 1); // throws when the two do not fit
    words = words_of(topology, catalog.scenario_file(options.scenario));
  }
  if (options.json) {
    using Document = nlohmann::ordered_json;
    const auto text_or_null = [](const std::string& text) {
      return text.empty() ? Document() : Document(text);
    };
    const Document document{{"schema", 1},
                            {"name", topology.name},
                            {"description", topology.description},
                            {"stands_for", text_or_null(topology.stands_for)},
                            {"scenario", text_or_null(scenario.name)},
                            {"outermost", picture_json(topology, words)}};
    fmt::print("{}\n", document.dump(2));
    return;
  }
  print_header("topology", topology.name + ": " + topology.description);
  if (!topology.stands_for.empty()) print_header("stands for", topology.stands_for);
  if (!scenario.name.empty()) print_header("scenario", scenario.name + ": " + scenario.description);
  fmt::print("\n{}", picture(topology, words, screen_width));
}

} // namespace

void add_show(CLI::App& app, int& status) {
  auto& command = *app.add_subcommand("show", "draw who is where, and how the gateways behave");
  command.footer("Example:\n  hermesh show double-nat --scenario home-and-carrier");
  auto options = std::make_shared<ShowOptions>();
  command.add_option("TOPOLOGY", options->topology, "a name (hermesh list) or a file")->required();
  command
      .add_option("--scenario", options->scenario, "say how the gateways behave: a name or a file")
      ->type_name("NAME|FILE");
  command.add_flag("--json", options->json, "print JSON");
  command.callback([options, &status] {
    show(*options);
    status = 0;
  });
}

} // namespace hermesh::cli
