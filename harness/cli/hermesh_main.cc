// SPDX-License-Identifier: MIT
#include "cli/cli.hh"
#include "machine/guardian.hh"

int main(int argc, char** argv) {
  if (const auto status = hermesh::run_hidden_command(argc, argv)) return *status;
  return hermesh::cli::run_command_line({argv + 1, argv + argc});
}
