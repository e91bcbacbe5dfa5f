// SPDX-License-Identifier: MIT
#include "base/command.hh"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace hermesh {
namespace {

bool is_plain(std::string_view word) {
  constexpr std::string_view safe = "_-+=:,./@%";
  return !word.empty() && std::ranges::all_of(word, [&](unsigned char c) {
    return std::isalnum(c) != 0 || safe.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string shell_word(std::string_view word) {
  if (is_plain(word)) return std::string(word);
  std::string result = "'";
  for (const char c : word) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

} // namespace

std::string to_string(const Command& command) {
  std::string line;
  if (!command.cwd.empty()) line += "cd " + shell_word(command.cwd.string()) + " && ";
  for (const auto& [name, value] : command.env)
    line += name + "=" + shell_word(value) + " ";
  for (const auto& word : command.argv)
    line += shell_word(word) + " ";
  if (!line.empty()) line.pop_back();
  return line;
}

} // namespace hermesh
