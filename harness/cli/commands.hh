// SPDX-License-Identifier: MIT
#pragma once

namespace CLI {
class App;
}

namespace hermesh::cli {

/// Adds every command to the program: commands.cc lists them by task, in the order of the help.
void add_commands(CLI::App& app, int& status);

/// One file per command. Each adds its command with its options, a footer that ends with an
/// example, and a callback that does the work and sets `status` to the exit status, or throws
/// InputError, Error or Interrupted. CLI11 calls it when the whole line has been parsed. Options
/// live in a shared_ptr that the callback owns, since CLI11 keeps references to them.
void add_matrix(CLI::App& app, int& status);
void add_sweep(CLI::App& app, int& status);
void add_set(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);
void add_judge(CLI::App& app, int& status);
void add_list(CLI::App& app, int& status);
void add_show(CLI::App& app, int& status);
void add_validate(CLI::App& app, int& status);
void add_oracle(CLI::App& app, int& status);
void add_certify(CLI::App& app, int& status);
void add_up(CLI::App& app, int& status);
void add_shell(CLI::App& app, int& status);
void add_down(CLI::App& app, int& status);
void add_image(CLI::App& app, int& status);
void add_doctor(CLI::App& app, int& status);
void add_schema(CLI::App& app, int& status);
void add_completion(CLI::App& app, int& status);

} // namespace hermesh::cli
