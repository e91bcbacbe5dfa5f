// SPDX-License-Identifier: MIT
#include "cli/cli.hh"

#include "base/interrupt.hh"
#include "base/suggest.hh"
#include "cli/commands.hh"
#include "cli/complete.hh"
#include "cli/help.hh"
#include "model/version.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace hermesh::cli {
namespace {

enum Status : std::uint8_t { bad_input = 2, lab_failed = 3, interrupted = 130 };

/// The command that was named on the command line, "hermesh" when none was.
const CLI::App& named_command(const CLI::App& app) {
  const auto* command = &app;
  while (!command->get_subcommands().empty())
    command = command->get_subcommands().back();
  return *command;
}

std::string full_name(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({}))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* app = &command; app != nullptr; app = app->get_parent())
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames())
        names.push_back("--" + name);
  return names;
}

/// What is wrong with a word that no command or option takes.
std::string complaint_about(const std::string& word, const CLI::App& command) {
  const auto said = "'" + word + "'";
  if (word.starts_with("-")) {
    const auto name = word.substr(0, word.find('='));
    return "there is no option '" + name + "'" + did_you_mean(name, names_of_options(command));
  }
  const auto commands = names_of_commands(command);
  if (commands.empty()) return "found " + said + ", wanted nothing more";
  return "there is no command " + said + did_you_mean(word, commands);
}

int complain(const CLI::App& app, const std::string& complaint, Status status) {
  std::fflush(stdout); // what was printed before it comes before it
  fmt::print(stderr, "{}: {}\n", full_name(named_command(app)), printable(complaint));
  return status;
}

/// Runs what the line asks for: CLI11 calls the command's callback at the end of parsing.
int parse_and_run(CLI::App& app, std::vector<std::string> arguments, const int& status) {
  std::ranges::reverse(arguments); // CLI11 takes them from the back
  try {
    app.parse(arguments);
    if (app.get_subcommands().empty()) fmt::print("{}", app.help());
    return status;
  } catch (const CLI::CallForHelp&) {
    const auto left = app.remaining(true); // `hermesh rnu --help` asks for help on nothing
    if (app.get_subcommands().empty() && !left.empty())
      return complain(app, complaint_about(left.front(), app), bad_input);
    fmt::print("{}", app.help());
  } catch (const CLI::CallForVersion& version_asked) {
    fmt::print("{}\n", version_asked.what());
  } catch (const CLI::ExtrasError&) {
    return complain(
        app, complaint_about(app.remaining(true).front(), named_command(app)), bad_input);
  } catch (const CLI::ParseError& error) {
    const auto commands = names_of_commands(named_command(app));
    return complain(
        app, commands.empty() ? error.what() : "wanted a command: " + any_of(commands), bad_input);
  } catch (const Interrupted& error) {
    return complain(app, error.what(), interrupted);
  } catch (const InputError& error) {
    return complain(app, error.what(), bad_input);
  } catch (const std::exception& error) {
    return complain(app, error.what(), lab_failed);
  }
  return 0;
}

} // namespace

CLI::Validator choice(std::vector<std::string> names) {
  std::string carried; // completion asks for them (complete.cc)
  for (const auto& name : names)
    carried += (carried.empty() ? "" : " ") + name;
  return CLI::Validator(
      [names = std::move(names)](const std::string& value) {
        if (std::ranges::find(names, value) != names.end()) return std::string();
        return "found '" + value + "', wanted " + any_of(names) + did_you_mean(value, names);
      },
      "",
      carried);
}

std::pair<std::string, std::string>
parse_setting(const std::string& option, const std::string& text, const std::string& wanted) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw InputError(option + ": found '" + text + "', wanted " + wanted);
  return {text.substr(0, equals), text.substr(equals + 1)};
}

int run_command_line(std::vector<std::string> arguments) {
  CLI::App app("which path a mesh VPN takes through NATs: booted, measured and judged off the wire",
               "hermesh");
  app.formatter(std::make_shared<CLI::FormatterLambda>(
      [](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
        return help_text(*command, full_name(*command));
      }));
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", "hermesh " + std::string(version), "print the version");
  app.footer("Examples:\n"
             "  hermesh run --topology double-nat --scenario home-and-carrier --vpn nebula\n"
             "  hermesh oracle --topology nat-nat --scenario symmetric\n"
             "  hermesh validate my-topology.json\n\n"
             "`hermesh COMMAND --help` says more.");
  int status = 0;
  add_commands(app, status);
  if (!arguments.empty() && arguments.front() == "__complete") // what the shells' scripts call
    return print_candidates(app, {arguments.begin() + 1, arguments.end()});
  status = parse_and_run(app, std::move(arguments), status);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return complain(app, "the results could not be written to standard output", lab_failed);
  return status;
}

std::string printable(std::string_view text) {
  std::string line(text);
  for (auto& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' ? ' ' : '?';
  return line;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

} // namespace hermesh::cli
