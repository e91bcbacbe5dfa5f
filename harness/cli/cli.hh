// SPDX-License-Identifier: MIT
#pragma once

#include "model/catalog.hh"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace hermesh {

/// What every command gets: where its words go, what the terminal can show, where the data lies.
struct Context {
  std::ostream& out;         ///< results: stdout
  std::ostream& talk;        ///< progress and complaints: stderr
  bool out_colour = false;   ///< ANSI colours may go to `out`
  bool talk_colour = false;  ///< and to `talk`
  bool talk_is_terminal = false; ///< a line of `talk` may be rewritten
  std::filesystem::path data{};  ///< --data; empty: DataFolders::find
  /// What the command line asks for; returns the exit status. Set by a command's CLI11 callback and called
  /// after parsing, so that its errors are not taken for CLI11's.
  std::function<int()> action{};

  Catalog catalog() const;
};

/// A command as the help shows it. A command's file offers `void add_NAME(CLI::App& parent, Context& context)`,
/// which calls this, adds its options, and gives it a callback that sets `context.action`; commands.cc
/// lists them. Options live in a shared_ptr that the callback owns, since CLI11 keeps references to them.
struct CommandHelp {
  std::string name;
  std::string description; ///< one line, lower case, no full stop
  std::string group{};     ///< the task under which the commands are listed; "" for a command of a command
  std::vector<std::string> examples;
};
CLI::App& add_command(CLI::App& parent, const CommandHelp& help);

/// An option's value must be one of `names`; the complaint suggests the nearest.
CLI::Validator choice(std::vector<std::string> names);
/// The value of a `NAME=VALUE` option. `option` is for the InputError.
std::pair<std::string, std::string> parse_setting(const std::string& option, const std::string& text);

/// Parses and runs one command line (without the program's name). Returns the exit status: the command's;
/// 0 for help and version; 2 for bad usage and InputError; 3 for other errors; 130 when interrupted. A
/// complaint is one line on `context.talk`.
int run_cli(std::vector<std::string> arguments, Context& context);

/// The text as it may be shown on a terminal: one line, with no control characters.
std::string printable(std::string_view text);

} // namespace hermesh
