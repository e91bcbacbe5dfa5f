// SPDX-License-Identifier: MIT
#include "cli/cli.hh"

#include "base/interrupt.hh"
#include "base/suggest.hh"
#include "cli/commands.hh"
#include "cli/help.hh"
#include "model/version.hh"

#include <algorithm>
#include <exception>
#include <optional>
#include <ostream>

namespace hermesh {
namespace {

enum Status : std::uint8_t { bad_input = 2, lab_failed = 3, interrupted = 130 };

std::string footer(const std::vector<std::string>& examples) {
  std::string text = examples.size() == 1 ? "Example:" : "Examples:";
  for (const auto& example : examples) text += "\n  " + example;
  return text;
}

/// The command that was named on the command line, "hermesh" when none was.
const CLI::App& named_command(const CLI::App& app) {
  const auto* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
  return *command;
}

std::string full_name(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* app = &command; app != nullptr; app = app->get_parent())
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
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

int complain(Context& context, const std::string& who, const std::string& complaint, Status status) {
  context.talk << who << ": " << printable(complaint) << "\n";
  return status;
}

/// The exit status when the command line itself ends the program: help, version, bad usage.
std::optional<int> parse(CLI::App& app, std::vector<std::string> arguments, Context& context) {
  std::ranges::reverse(arguments); // CLI11 takes them from the back
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    context.out << app.help();
    return 0;
  } catch (const CLI::CallForVersion& version_asked) {
    context.out << version_asked.what() << "\n";
    return 0;
  } catch (const CLI::ExtrasError&) {
    const auto& command = named_command(app);
    return complain(context, full_name(command), complaint_about(app.remaining(true).front(), command), bad_input);
  } catch (const CLI::ParseError& error) {
    return complain(context, full_name(named_command(app)), error.what(), bad_input);
  }
  return std::nullopt;
}

int perform(const std::string& who, Context& context) {
  try {
    const int status = context.action();
    context.out.flush();
    if (!context.out) throw Error("the results could not be written to standard output");
    return status;
  } catch (const Interrupted&) {
    return complain(context, who, "interrupted", interrupted);
  } catch (const InputError& error) {
    return complain(context, who, error.what(), bad_input);
  } catch (const std::exception& error) {
    return complain(context, who, error.what(), lab_failed);
  }
}

} // namespace

Catalog Context::catalog() const {
  return Catalog(data.empty() ? DataFolders::find() : DataFolders::below(data));
}

CLI::App& add_command(CLI::App& parent, const CommandHelp& help) {
  auto& command = *parent.add_subcommand(help.name, help.description);
  command.group(help.group.empty() ? "Commands" : help.group);
  command.footer(footer(help.examples));
  command.fallthrough();
  return command;
}

CLI::Validator choice(std::vector<std::string> names) {
  return CLI::Validator(
      [names = std::move(names)](const std::string& value) {
        if (std::ranges::find(names, value) != names.end()) return std::string();
        return "found '" + value + "', wanted " + any_of(names) + did_you_mean(value, names);
      },
      "");
}

std::pair<std::string, std::string> parse_setting(const std::string& option, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError(option + ": found '" + text + "', wanted NAME=VALUE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

int run_cli(std::vector<std::string> arguments, Context& context) {
  CLI::App app("which path a mesh VPN takes through NATs: booted, measured and judged off the wire", "hermesh");
  app.formatter(std::make_shared<CLI::FormatterLambda>(
      [](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
        return help_text(*command, full_name(*command));
      }));
  app.set_version_flag("--version", "hermesh " + std::string(version), "print the version");
  app.set_help_flag("-h,--help", "print this help");
  app.add_option("--data", context.data, "folder with vm-topologies, nat-scenarios and vpns; or HERMESH_DATA")
      ->type_name("FOLDER");
  app.footer(footer({"hermesh run --topology double-nat --scenario home-and-carrier --vpn nebula",
                     "hermesh oracle --topology nat-nat --scenario symmetric",
                     "hermesh validate my-topology.json"}) +
             "\n\n`hermesh COMMAND --help` says more.");
  add_commands(app, context);

  context.action = nullptr;
  if (const auto status = parse(app, std::move(arguments), context)) return *status;
  if (!context.action) // no command, or a command of commands: what is there to choose from
    context.action = [&] {
      context.out << app.help();
      return 0;
    };
  return perform(full_name(named_command(app)), context);
}

std::string printable(std::string_view text) {
  std::string line(text);
  for (auto& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' ? ' ' : '?';
  return line;
}

} // namespace hermesh
