// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hermesh::cli {

/// Parses and runs one command line (without the program's name). Results go to stdout, talk to
/// stderr. Returns the exit status: the command's; 0 for help and version; 2 for bad usage and
/// InputError; 3 for other errors; 130 when interrupted. A complaint is one line.
int run_command_line(std::vector<std::string> arguments);

/// An option's value must be one of `names`; the complaint suggests the nearest.
CLI::Validator choice(std::vector<std::string> names);
/// The two sides of an option's NAME=VALUE. `option` is for the InputError.
std::pair<std::string, std::string> parse_setting(const std::string& option,
                                                  const std::string& text,
                                                  const std::string& wanted = "NAME=VALUE");

/// The text as it may be shown on a terminal: one line, with no control characters.
std::string printable(std::string_view text);
/// With spaces at its end up to `width`.
std::string padded(std::string text, std::size_t width);

} // namespace hermesh::cli
