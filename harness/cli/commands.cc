// SPDX-License-Identifier: MIT
#include "cli/commands.hh"

namespace hermesh {

void add_commands(CLI::App& app, Context& context) {
  add_list(app, context);
  add_validate(app, context);
  add_oracle(app, context);
}

} // namespace hermesh
