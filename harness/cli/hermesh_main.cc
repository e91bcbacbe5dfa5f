// SPDX-License-Identifier: MIT
#include "cli/cli.hh"
#include "machine/guardian.hh"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace {

bool colour_wanted() {
  const char* no_colour = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe): no threads yet
  const char* terminal = std::getenv("TERM");      // NOLINT(concurrency-mt-unsafe)
  const bool refused = no_colour != nullptr && *no_colour != '\0'; // no-color.org
  return !refused && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

} // namespace

int main(int argc, char** argv) {
  if (const auto status = hermesh::run_hidden_command(argc, argv)) return *status;
  const bool talk_is_terminal = ::isatty(STDERR_FILENO) == 1;
  hermesh::Context context{.out = std::cout,
                           .talk = std::cerr,
                           .out_colour = ::isatty(STDOUT_FILENO) == 1 && colour_wanted(),
                           .talk_colour = talk_is_terminal && colour_wanted(),
                           .talk_is_terminal = talk_is_terminal};
  return hermesh::run_cli({argv + 1, argv + argc}, context);
}
