// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "model/catalog.hh"
#include "runner/certificate.hh"
#include "runner/trial_spec.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <tuple>
#include <utility>

namespace hermesh::cli {
namespace {

struct CertifyOptions {
  std::string scenario, topology;
  std::uint64_t seed = 1;
  std::vector<std::string> faults;
  bool json = false;
};

bool has_its_roles(const Topology& topology, const Scenario& scenario) {
  std::set<std::string> there;
  std::set<std::string> wanted;
  for (const auto& gateway : topology.gateways)
    there.insert(gateway.role);
  for (const auto& rule : scenario.gateways)
    wanted.insert(rule.role);
  return there == wanted;
}

/// Below another's: a better place to look at gateways. One for each peer, few of all, one family.
using Size = std::tuple<bool, std::size_t, std::ptrdiff_t>;
Size size_of(const Topology& topology, const Network& network) {
  std::set<std::string> next_to_peers;
  std::size_t peers = 0;
  for (const auto& machine : topology.machines) {
    if (machine.role != "peer") continue;
    ++peers;
    for (const auto* gateway : chain_of(network, machine.name) | std::views::take(1))
      next_to_peers.insert(gateway->spec.name);
  }
  const auto with_ipv6 = std::ranges::count_if(
      topology.segments, [](const auto& segment) { return segment.ipv6.has_value(); });
  return {
      next_to_peers.size() < peers, topology.machines.size() + topology.gateways.size(), with_ipv6};
}

/// The smallest shipped one that has the gateways of the scenario, one before each peer if there is
/// such; by name among equals. Where none can be bound, one that has them says why.
std::string fitting_topology(const Catalog& catalog, const Scenario& scenario) {
  std::string complaint;
  std::string smallest;
  Size least;
  for (const auto& name : catalog.topologies()) {
    const auto topology = catalog.topology(name);
    try {
      const auto size = size_of(topology, bind(topology, scenario, {}, 1));
      if (smallest.empty() || size < least) {
        smallest = name;
        least = size;
      }
    } catch (const InputError& error) {
      if (has_its_roles(topology, scenario)) complaint = std::string(": ") + error.what();
    }
  }
  if (!smallest.empty()) return smallest;
  throw InputError("scenario '" + scenario.name +
                   "' fits no topology that is shipped, wanted --topology NAME|FILE" + complaint);
}

using Row = std::array<std::string, 5>;

/// An axis, and a line for each further probe that it took.
void add_rows(const AxisResult& axis, std::vector<Row>& rows) {
  rows.push_back(
      {(axis.as_declared ? "  " : "! ") + axis.axis, axis.declared, axis.measured, "", ""});
  for (std::size_t i = 0; i < axis.evidence.size(); ++i) {
    if (i > 0) rows.emplace_back();
    rows.back()[3] = axis.evidence[i].probe;
    rows.back()[4] = axis.evidence[i].seen;
  }
}

void print_table(const Certificate& certificate) {
  fmt::print("{} ({}): {}\n\n",
             certificate.gateway,
             certificate.role,
             certificate.certified() ? "certified" : "NOT as declared");
  std::vector<Row> rows{{"  axis", "declared", "measured", "probe", "evidence"}};
  for (const auto& axis : certificate.axes)
    add_rows(axis, rows);
  Row::size_type column = 0;
  std::array<std::size_t, 5> widths{};
  for (; column + 1 < widths.size(); ++column)
    for (const Row& row : rows)
      widths.at(column) = std::max(widths.at(column), row.at(column).size() + 2);
  for (const Row& row : rows) {
    std::string line;
    for (column = 0; column < row.size(); ++column)
      line += padded(row.at(column), widths.at(column));
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", printable(line));
  }
  fmt::print("\n");
}

nlohmann::ordered_json as_json(const Certificate& certificate) {
  auto axes = nlohmann::ordered_json::array();
  for (const auto& axis : certificate.axes) {
    auto evidence = nlohmann::ordered_json::array();
    for (const auto& one : axis.evidence)
      evidence.push_back({{"probe", one.probe}, {"seen", one.seen}});
    axes.push_back({{"axis", axis.axis},
                    {"declared", axis.declared},
                    {"measured", axis.measured},
                    {"as_declared", axis.as_declared},
                    {"evidence", evidence}});
  }
  return {{"gateway", certificate.gateway},
          {"role", certificate.role},
          {"certified", certificate.certified()},
          {"axes", axes}};
}

/// What went wrong is a lab that is not as declared: status 3, as of `run`.
int certify(const CertifyOptions& options) {
  const Catalog catalog(DataFolders::find());
  const auto scenario = catalog.scenario(options.scenario);
  const auto topology = catalog.topology(
      options.topology.empty() ? fitting_topology(catalog, scenario) : options.topology);
  const auto declared = bind(topology, scenario, {}, options.seed);
  if (const auto why = unmeasurable(declared); !why.empty())
    throw InputError("topology '" + topology.name + "': " + why);
  auto built = declared;
  std::vector<LabFault> faults;
  for (const auto& text : options.faults)
    faults.push_back(parse_lab_fault(text));
  apply_lab_faults(faults, built);
  const auto certificates = certify_network(declared, built, options.seed);
  const bool good = std::ranges::all_of(certificates, &Certificate::certified);
  if (options.json) {
    auto gateways = nlohmann::ordered_json::array();
    for (const auto& certificate : certificates)
      gateways.push_back(as_json(certificate));
    const nlohmann::ordered_json document{{"schema", 1},
                                          {"scenario", scenario.name},
                                          {"topology", topology.name},
                                          {"seed", options.seed},
                                          {"certified", good},
                                          {"gateways", gateways}};
    fmt::print("{}\n", document.dump(2));
    return good ? 0 : 3;
  }
  std::ranges::for_each(certificates, print_table);
  const auto bad =
      std::ranges::count_if(certificates, [](const auto& c) { return !c.certified(); });
  fmt::print("{} on {}: {}\n",
             scenario.name,
             topology.name,
             certificates.empty() ? "no gateway, nothing to certify"
             : good               ? "certified"
                    : fmt::format("NOT as declared, {} of {}", bad, certificates.size()));
  return good ? 0 : 3;
}

} // namespace

void add_certify(CLI::App& app, int& status) {
  auto& command = *app.add_subcommand(
      "certify", "measure what a scenario's gateways do, beside what it declares; no guests");
  auto options = std::make_shared<CertifyOptions>();
  command.add_option("SCENARIO", options->scenario, "how the gateways behave: a name or a file")
      ->required();
  command
      .add_option("--topology",
                  options->topology,
                  "where the gateways are (default: the smallest shipped one that has those of the "
                  "scenario)")
      ->type_name("NAME|FILE");
  command.add_option("--seed", options->seed, "of the gateways' random ports")
      ->type_name("NUMBER")
      ->capture_default_str();
  command
      .add_option("--lab-fault",
                  options->faults,
                  "let a gateway do other than declared, to see that it is found out; may be "
                  "repeated")
      ->type_name("GATEWAY:FIELD=VALUE");
  command.add_flag("--json", options->json, "print JSON");
  command.footer("Exit status: 0 every gateway is as declared, 2 bad input, 3 one is not.\n\n"
                 "Example:\n  hermesh certify port-restricted --lab-fault home-a:mapping=APDM");
  command.callback([options, &status] { status = certify(*options); });
}

} // namespace hermesh::cli
