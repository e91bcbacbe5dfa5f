// SPDX-License-Identifier: MIT
#include "cli/cli.hh"
#include "cli/commands.hh"

#include <fmt/format.h>

#include <map>
#include <memory>

namespace hermesh::cli {
namespace {

// The build makes these of cli/completions/*.
constexpr std::string_view bash_script =
#include "cli/completions/hermesh.bash.inc"
    ;
constexpr std::string_view fish_script =
#include "cli/completions/hermesh.fish.inc"
    ;
constexpr std::string_view zsh_script =
#include "cli/completions/hermesh.zsh.inc"
    ;

std::string_view script_for(const std::string& shell) {
  if (shell == "bash") return bash_script;
  return shell == "fish" ? fish_script : zsh_script;
}

} // namespace

void add_completion(CLI::App& app, int& status) {
  auto& command =
      *app.add_subcommand("completion", "print a script that lets your shell complete hermesh");
  command.footer(
      "Examples:\n  source <(hermesh completion zsh)\n  source <(hermesh completion bash)\n"
      "  hermesh completion fish | source");
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, fish or zsh")
      ->required()
      ->check(choice({"bash", "fish", "zsh"}));
  command.callback([shell, &status] {
    fmt::print("{}", script_for(*shell));
    status = 0;
  });
}

} // namespace hermesh::cli
