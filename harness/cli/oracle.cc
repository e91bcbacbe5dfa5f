// SPDX-License-Identifier: MIT
#include "oracle/oracle.hh"

#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "model/catalog.hh"
#include "model/network.hh"
#include "runner/trial_spec.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace hermesh::cli {
namespace {

struct OracleOptions {
  std::string form = "reuse";
  std::string topology, scenario, vpn;
  std::vector<std::string> settings;
  bool json = false;
};

constexpr std::size_t cell_width = 11;

std::string without_trailing_space(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string table_text(const std::vector<oracle::Cell>& cells, const std::string& form) {
  std::string header = padded("A \\ B", cell_width);
  std::string rows;
  std::string line;
  std::size_t direct = 0;
  for (const auto& cell : cells) {
    if (cell.a == cells.front().a) header += padded(cell.b, cell_width);
    if (!line.starts_with(cell.a + " ")) {
      if (!line.empty()) rows += without_trailing_space(line) + "\n";
      line = padded(cell.a, cell_width);
    }
    line += padded(cell.path == PathKind::direct ? "direct" : to_string(cell.path), cell_width);
    if (cell.path == PathKind::direct) ++direct;
  }
  return without_trailing_space(header) + "\n" + rows + without_trailing_space(line) + "\n\n" +
         std::to_string(direct) + " of " + std::to_string(cells.size()) +
         " direct, for a VPN that punches holes and has a relay; flow rule '" + form + "'\n";
}

void print_table(const OracleOptions& options) {
  const auto cells =
      oracle::table(options.form == "strict" ? oracle::Form::strict : oracle::Form::reuse);
  if (!options.json) {
    fmt::print("{}", table_text(cells, options.form));
    return;
  }
  auto list = nlohmann::ordered_json::array();
  for (const auto& cell : cells)
    list.push_back({{"a", cell.a}, {"b", cell.b}, {"path", to_string(cell.path)}});
  const nlohmann::ordered_json document{{"schema", 1}, {"form", options.form}, {"cells", list}};
  fmt::print("{}\n", document.dump(2));
}

std::string policy_text(const std::string& protocol, const nat::OutPolicy& policy) {
  if (policy.passes_all()) return "";
  if (policy.passes_none()) return " (" + protocol + " blocked)";
  return " (" + protocol + " to " + nat::to_string(policy) + " only)";
}

std::string chain_text(const std::vector<const Gateway*>& chain) {
  std::string text;
  for (const auto* gateway : chain) {
    const auto& behaviour = gateway->behaviour;
    text += (text.empty() ? "" : ", then ") + gateway->spec.name + " " +
            nat::mapping_name(behaviour.mapping) + "/" + nat::filtering_name(behaviour.filtering) +
            policy_text("UDP", behaviour.udp_out) + policy_text("TCP", behaviour.tcp_out);
  }
  return text.empty() ? "public" : "behind " + text;
}

/// What is asked about, and what theory answers.
struct Answer {
  std::string a, b;
  std::string a_chain, b_chain;
  std::string vpn; ///< its name, or what is assumed in its place
  oracle::Expectation expectation;
};

Answer ask(const OracleOptions& options, const Catalog& catalog) {
  const auto topology = catalog.topology(options.topology);
  const auto scenario = catalog.scenario(options.scenario);
  std::map<std::string, std::string> settings;
  for (const auto& text : options.settings)
    settings.insert(parse_setting("--set", text));
  Abilities abilities{.punches_udp = true, .relays = true};
  if (!options.vpn.empty()) abilities = catalog.vpn(options.vpn, settings).abilities;
  const auto network = bind(topology, scenario, {}, 1);
  const auto peers = machines_of(topology, "peer");
  return {.a = peers.at(0),
          .b = peers.at(1),
          .a_chain = chain_text(chain_of(network, peers[0])),
          .b_chain = chain_text(chain_of(network, peers[1])),
          .vpn = options.vpn,
          .expectation = oracle::expect(side_of(network, peers[0]),
                                        side_of(network, peers[1]),
                                        relay_side_of(network, machines_of(topology, "relay")),
                                        abilities)};
}

void print_answer(const OracleOptions& options) {
  const auto answer = ask(options, Catalog(DataFolders::find()));
  if (options.json) {
    const nlohmann::ordered_json document{
        {"schema", 1},
        {"path", to_string(answer.expectation.path)},
        {"reason", answer.expectation.reason},
        {"vpn", answer.vpn.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(answer.vpn)},
        {"a", {{"machine", answer.a}, {"gateways", answer.a_chain}}},
        {"b", {{"machine", answer.b}, {"gateways", answer.b_chain}}}};
    fmt::print("{}\n", document.dump(2));
    return;
  }
  const auto width =
      std::max({answer.a.size(), answer.b.size(), std::string_view("expected").size()}) + 2;
  const auto line = [&](const std::string& label, const std::string& text) {
    fmt::print("{}{}\n", padded(label, width), text);
  };
  line(answer.a, answer.a_chain);
  line(answer.b, answer.b_chain);
  line("VPN",
       answer.vpn.empty() ? "one that punches holes, and relays where there is a relay"
                          : answer.vpn);
  line("expected", to_string(answer.expectation.path) + ": " + answer.expectation.reason);
}

void answer_or_table(const OracleOptions& options) {
  if (options.topology.empty() && options.scenario.empty()) {
    if (!options.vpn.empty() || !options.settings.empty())
      throw InputError("--vpn and --set go with --topology and --scenario");
    return print_table(options);
  }
  if (options.topology.empty() || options.scenario.empty())
    throw InputError("--topology and --scenario go together");
  if (options.vpn.empty() && !options.settings.empty()) throw InputError("--set goes with --vpn");
  print_answer(options);
}

} // namespace

void add_oracle(CLI::App& app, int& status) {
  auto& command = *app.add_subcommand(
      "oracle", "say what path theory predicts, for all pairs of NATs or one trial");
  command.footer(
      "Example:\n  hermesh oracle --topology double-nat --scenario home-and-carrier --vpn nebula");
  auto options = std::make_shared<OracleOptions>();
  auto* form = command
                   .add_option("--form",
                               options->form,
                               "of the table: what an admitted packet does, reuse or strict")
                   ->type_name("FORM")
                   ->check(choice({"reuse", "strict"}))
                   ->capture_default_str();
  command.add_option("--topology", options->topology, "answer for this topology")
      ->type_name("NAME|FILE")
      ->excludes(form);
  command.add_option("--scenario", options->scenario, "with the gateways behaving so")
      ->type_name("NAME|FILE")
      ->excludes(form);
  command
      .add_option(
          "--vpn", options->vpn, "and this VPN; left out: one that punches holes and relays")
      ->type_name("NAME|FOLDER");
  command
      .add_option("--set",
                  options->settings,
                  "an option of the VPN, for example relay=off; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  command.add_flag("--json", options->json, "print JSON");
  command.callback([options, &status] {
    answer_or_table(*options);
    status = 0;
  });
}

} // namespace hermesh::cli
