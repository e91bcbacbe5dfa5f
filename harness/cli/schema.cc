// SPDX-License-Identifier: MIT
#include "cli/cli.hh"
#include "cli/commands.hh"
#include "model/schemas.hh"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace hermesh::cli {

void add_schema(CLI::App& app, int& status) {
  auto& command =
      *app.add_subcommand("schema", "print the JSON Schema of a kind of file, for editors");
  command.footer("Example:\n  hermesh schema topology > topology.schema.json");
  std::vector<std::string> kinds;
  for (const auto& schema : schemas())
    kinds.emplace_back(schema.kind);
  auto kind = std::make_shared<std::string>();
  command.add_option("KIND", *kind, "topology, scenario, profile or vpn")
      ->required()
      ->check(choice(kinds));
  command.callback([kind, &status] {
    fmt::print("{}", std::ranges::find(schemas(), *kind, &Schema::kind)->text);
    status = 0;
  });
}

} // namespace hermesh::cli
