// SPDX-License-Identifier: MIT
#include "cli/help.hh"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace hermesh::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const Rows& rows) {
  constexpr std::size_t widest = 30;
  std::size_t width = 0;
  for (const auto& [left, right] : rows)
    if (left.size() <= widest) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : rows) {
    text += "  " + left;
    text += left.size() > width ? "\n" + std::string(width + 4, ' ')
                                : std::string(width - left.size() + 2, ' ');
    text += right + "\n";
  }
  return text;
}

bool takes_value(const CLI::Option& option) {
  return option.get_type_size() != 0;
}

std::string left_column(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true, false);
  auto name = option.get_name(false, true);
  if (const auto comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
  return takes_value(option) && !option.get_type_name().empty()
             ? name + " " + option.get_type_name()
             : name;
}

std::string right_column(const CLI::Option& option) {
  auto text = option.get_description();
  if (!option.get_default_str().empty()) text += " (default: " + option.get_default_str() + ")";
  if (option.get_required() && !option.get_positional()) text += " (required)";
  return text;
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string text = "Usage: " + name;
  if (!app.get_subcommands({}).empty()) return text + " COMMAND [OPTION...]\n";
  for (const auto* option : app.get_options())
    if (option->get_required() && !option->get_positional()) text += " " + left_column(*option);
  text += " [OPTION...]";
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const bool many = option->get_expected_max() > 1;
    const auto word = option->get_name(true, false) + (many ? "..." : "");
    text += option->get_required() ? " " + word : " [" + word + "]";
  }
  return text + "\n";
}

std::string options(const CLI::App& app) {
  Rows rows;
  for (const auto* option : app.get_options())
    if (!option->get_group().empty())
      rows.emplace_back(left_column(*option), right_column(*option));
  const auto is_positional = [&](const auto& row) { return !row.first.starts_with("-"); };
  std::ranges::stable_partition(rows, is_positional); // arguments before options
  return rows.empty() ? "" : "\nOptions:\n" + table(rows);
}

std::string commands(const CLI::App& app) {
  const auto all =
      app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
  std::size_t width = 0;
  for (const auto* command : all)
    width = std::max(width, command->get_name().size());
  std::string text;
  std::string group;
  for (const auto* command : all) {
    if (command->get_group() != group) text += "\n" + command->get_group() + ":\n";
    group = command->get_group();
    const auto& name = command->get_name();
    text +=
        "  " + name + std::string(width - name.size() + 2, ' ') + command->get_description() + "\n";
  }
  return text;
}

} // namespace

std::string help_text(const CLI::App& app, const std::string& name) {
  return name + ": " + app.get_description() + "\n\n" + usage(app, name) + commands(app) +
         options(app) + "\n" + app.get_footer() + "\n";
}

} // namespace hermesh::cli
