// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace hermesh::cli {

/// The help of the program or of a command, in this project's own layout: CLI11's changes between
/// releases. `name`: how the command is called, "hermesh oracle".
std::string help_text(const CLI::App& app, const std::string& name);

} // namespace hermesh::cli
