// SPDX-License-Identifier: MIT
#include "machine/machine.hh"

#include "base/error.hh"

#include <string_view>

namespace hermesh {
namespace {

/// The last line that says something: where a program puts its complaint.
std::string_view last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  const auto newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

} // namespace

Exit must(Machine& machine, const Command& command, std::chrono::milliseconds timeout) {
  auto exit = machine.exec(command, timeout);
  if (exit.ok()) return exit;
  auto message = machine.name() + ": " + to_string(command) + ": ";
  if (exit.timed_out)
    message += "no end after " + std::to_string(timeout.count()) + " ms";
  else
    message += "exit status " + std::to_string(exit.code);
  const auto words = last_line(exit.diagnostics.empty() ? exit.output : exit.diagnostics);
  if (!words.empty()) message += ": " + std::string(words);
  throw Error(message);
}

} // namespace hermesh
