// SPDX-License-Identifier: MIT
#include "cli/commands.hh"

#include <CLI/CLI.hpp>

#include <array>
#include <string>

namespace hermesh::cli {
namespace {

struct Entry {
  const char* task;
  const char* name;
  void (*add)(CLI::App&, int&);
};

constexpr std::array entries{Entry{"Run a trial", "run", add_run},
                             Entry{"Run a trial", "judge", add_judge},
                             Entry{"Look before you run", "list", add_list},
                             Entry{"Look before you run", "validate", add_validate},
                             Entry{"Look before you run", "oracle", add_oracle},
                             Entry{"Keep a lab standing", "up", add_up},
                             Entry{"Keep a lab standing", "shell", add_shell},
                             Entry{"Keep a lab standing", "down", add_down},
                             Entry{"Prepare this host", "doctor", add_doctor},
                             Entry{"Prepare this host", "image", add_image}};

} // namespace

void add_commands(CLI::App& app, int& status) {
  for (const auto& entry : entries) {
    entry.add(app, status);
    app.get_subcommand(entry.name)->group(entry.task);
  }
}

} // namespace hermesh::cli
