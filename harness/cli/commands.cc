// SPDX-License-Identifier: MIT
#include "cli/commands.hh"

#include <CLI/CLI.hpp>

#include <array>
#include <string>

namespace hermesh::cli {
namespace {

struct CommandEntry {
  const char* task;
  const char* name;
  void (*add)(CLI::App&, int&);
};

constexpr std::array command_entries{CommandEntry{"Run a trial", "run", add_run},
                                     CommandEntry{"Run a trial", "judge", add_judge},
                                     CommandEntry{"Run a trial", "matrix", add_matrix},
                                     CommandEntry{"Run a trial", "sweep", add_sweep},
                                     CommandEntry{"Look before you run", "list", add_list},
                                     CommandEntry{"Look before you run", "show", add_show},
                                     CommandEntry{"Look before you run", "validate", add_validate},
                                     CommandEntry{"Look before you run", "oracle", add_oracle},
                                     CommandEntry{"Look before you run", "certify", add_certify},
                                     CommandEntry{"Keep a lab standing", "up", add_up},
                                     CommandEntry{"Keep a lab standing", "shell", add_shell},
                                     CommandEntry{"Keep a lab standing", "set", add_set},
                                     CommandEntry{"Keep a lab standing", "down", add_down},
                                     CommandEntry{"Prepare this host", "doctor", add_doctor},
                                     CommandEntry{"Prepare this host", "image", add_image},
                                     CommandEntry{"Help your tools", "schema", add_schema},
                                     CommandEntry{"Help your tools", "completion", add_completion}};

} // namespace

void add_commands(CLI::App& app, int& status) {
  for (const auto& entry : command_entries) {
    entry.add(app, status);
    app.get_subcommand(entry.name)->group(entry.task);
  }
}

} // namespace hermesh::cli
