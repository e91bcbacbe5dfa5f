// SPDX-License-Identifier: MIT
#pragma once

#include "cli/cli.hh"

namespace hermesh {

/// Every command, in the order in which the help lists them. One file per command defines each.
void add_commands(CLI::App& app, Context& context);

void add_list(CLI::App& app, Context& context);
void add_validate(CLI::App& app, Context& context);
void add_oracle(CLI::App& app, Context& context);

} // namespace hermesh
