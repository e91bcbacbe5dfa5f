// SPDX-License-Identifier: MIT
#include "oracle/oracle.hh"

#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "cli/oracle_answer.hh"
#include "model/catalog.hh"
#include "model/network.hh"
#include "runner/matrix.hh"
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
  bool explain = false;
  std::vector<std::string> kinds{}; ///< that are to be explained
  bool json = false;
};

/// What is assumed where no VPN is named.
const Abilities generic_abilities{.punches_udp = true, .relays = true};

constexpr std::size_t cell_width = 11;

std::string kind_of(const nat::Behaviour& kind) {
  return nat::mapping_name(kind.mapping) + "/" + nat::filtering_name(kind.filtering);
}

std::vector<std::string> kind_choices() {
  std::vector<std::string> names;
  for (const auto& kind : nine_kinds(nat::FlowRule::reuse))
    names.push_back(kind_of(kind));
  return names;
}

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

/// Two NATs of which only the kinds are known, with a public relay between them.
OracleAnswer ask_about_kinds(const OracleOptions& options) {
  const auto flows = options.form == "strict" ? nat::FlowRule::strict : nat::FlowRule::reuse;
  const auto side_of_kind = [&](const std::string& kind) {
    const auto kinds = nine_kinds(flows);
    const auto found = std::ranges::find(kinds, kind, kind_of);
    return oracle::Side{.chain = {*found}};
  };
  const oracle::Pairing pair{.family = "IPv4",
                             .a = side_of_kind(options.kinds.at(0)),
                             .b = side_of_kind(options.kinds.at(1)),
                             .relay = oracle::Side{}};
  return {.a = "A",
          .b = "B",
          .a_chain = "behind " + options.kinds[0],
          .b_chain = "behind " + options.kinds[1],
          .expectation = oracle::expect({pair}, generic_abilities),
          .steps = oracle::explain(pair.a, pair.b)};
}

OracleAnswer ask_about_trial(const OracleOptions& options, const Catalog& catalog) {
  const auto topology = catalog.topology(options.topology);
  const auto scenario = catalog.scenario(options.scenario);
  std::map<std::string, std::string> settings;
  for (const auto& text : options.settings)
    settings.insert(parse_setting("--set", text));
  auto abilities = generic_abilities;
  if (!options.vpn.empty()) abilities = catalog.vpn(options.vpn, settings).abilities;
  const auto network = bind(topology, scenario, {}, 1);
  const auto peers = machines_of(topology, "peer");
  const auto families =
      pairings_of(network, peers.at(0), peers.at(1), machines_of(topology, "relay"), abilities);
  OracleAnswer answer{.a = peers[0],
                      .b = peers[1],
                      .a_chain = chain_text(chain_of(network, peers[0])),
                      .b_chain = chain_text(chain_of(network, peers[1])),
                      .vpn = options.vpn,
                      .expectation = oracle::expect(families, abilities)};
  if (!options.explain) return answer;
  for (const auto& family : families) {
    if (!family.lost_at.empty()) {
      answer.steps.push_back({family.family, oracle::expect({family}, abilities).reason});
      continue;
    }
    for (auto& step : oracle::explain(oracle::with_lease(family.a, abilities),
                                      oracle::with_lease(family.b, abilities))) {
      if (families.size() > 1) step.about = family.family + ", " + step.about;
      answer.steps.push_back(std::move(step));
    }
  }
  return answer;
}

void answer_or_table(const OracleOptions& options) {
  if (options.kinds.size() == 1) throw InputError("--explain: found one kind, wanted two");
  if (options.topology.empty() && options.scenario.empty()) {
    if (!options.vpn.empty() || !options.settings.empty())
      throw InputError("--vpn and --set go with --topology and --scenario");
    if (!options.kinds.empty()) return print_answer(ask_about_kinds(options), options.json);
    if (options.explain)
      throw InputError("--explain wants two kinds of NAT, or --topology and --scenario");
    return print_table(options);
  }
  if (options.topology.empty() || options.scenario.empty())
    throw InputError("--topology and --scenario go together");
  if (options.vpn.empty() && !options.settings.empty()) throw InputError("--set goes with --vpn");
  if (!options.kinds.empty())
    throw InputError("--explain: found kinds, wanted none beside --topology and --scenario");
  print_answer(ask_about_trial(options, Catalog(DataFolders::find())), options.json);
}

} // namespace

void add_oracle(CLI::App& app, int& status) {
  auto& command = *app.add_subcommand(
      "oracle", "say what path theory predicts, for all pairs of NATs or one trial");
  command.footer("Examples:\n  hermesh oracle --explain APDM/APDF EIM/APDF\n"
                 "  hermesh oracle --topology double-nat --scenario home-and-carrier --vpn nebula");
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
  auto* explain =
      command
          .add_option("--explain",
                      options->kinds,
                      "say why, step by step: for two kinds (APDM/APDF EIM/APDF), or the topology")
          ->type_name("[KIND KIND]")
          ->expected(0, 2)
          ->check(choice(kind_choices()));
  command.add_flag("--json", options->json, "print JSON");
  command.callback([options, explain, &status] {
    options->explain = explain->count() > 0;
    std::erase(options->kinds, ""); // what CLI11 makes of no value
    answer_or_table(*options);
    status = 0;
  });
}

} // namespace hermesh::cli
