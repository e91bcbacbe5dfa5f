// SPDX-License-Identifier: MIT
#include "cli/complete.hh"

#include "base/error.hh"
#include "cli/cli.hh"
#include "cli/lab_client.hh"
#include "model/catalog.hh"
#include "workload/workload.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace hermesh::cli {
namespace {

using Candidates = std::vector<Candidate>;

bool wants_value(const CLI::Option& option) {
  return option.get_type_size() != 0;
}

/// The command of that name, or nullptr.
CLI::App* command_named(CLI::App& app, const std::string& name) {
  const auto all = app.get_subcommands([&](CLI::App* one) { return one->get_name() == name; });
  return all.empty() ? nullptr : all.front();
}

/// The option that `word` ("--seed", "--seed=7") names, or nullptr.
CLI::Option* option_named(CLI::App& command, const std::string& word) {
  const auto name = word.substr(0, word.find('='));
  for (auto* option : command.get_options())
    for (const auto& known : option->get_lnames())
      if ("--" + known == name) return option;
  return nullptr;
}

CLI::Option* positional(CLI::App& command, std::size_t index) {
  for (auto* option : command.get_options()) {
    if (!option->get_positional()) continue;
    if (index == 0 || option->get_expected_max() > 1) return option;
    --index;
  }
  return nullptr;
}

/// A command line up to its last word.
struct Line {
  CLI::App* command = nullptr;
  CLI::Option* waiting = nullptr; ///< the option whose value comes next
  std::size_t positionals = 0;
  std::vector<const CLI::Option*> used{};
  std::vector<std::pair<std::string, std::string>> values{}; ///< "--vpn", "nebula"
  bool over = false; ///< after "--": what follows is another program's

  std::string value(const std::string& option, const std::string& otherwise = "") const {
    const auto found = std::ranges::find(values, option, &decltype(values)::value_type::first);
    return found == values.end() ? otherwise : found->second;
  }
};

Line read_line(CLI::App& app, const std::vector<std::string>& words) {
  Line line{.command = &app};
  std::string waiting;
  for (const auto& word : words) {
    if (line.over) {
      ++line.positionals; // another program's
    } else if (line.waiting != nullptr) {
      line.values.emplace_back(waiting, word);
      line.waiting = nullptr;
    } else if (word == "--") {
      line.over = true;
    } else if (word.starts_with("-")) {
      auto* option = option_named(*line.command, word);
      if (option == nullptr) continue;
      line.used.push_back(option);
      if (const auto equals = word.find('='); equals != std::string::npos)
        line.values.emplace_back(word.substr(0, equals), word.substr(equals + 1));
      else if (wants_value(*option))
        line.waiting = option;
      waiting = word;
    } else if (auto* command = command_named(*line.command, word)) {
      line.command = command;
    } else {
      ++line.positionals;
    }
  }
  return line;
}

Candidates plain(const std::vector<std::string>& texts) {
  Candidates result;
  for (const auto& text : texts)
    result.push_back({.text = text});
  return result;
}

/// Names with their files' descriptions. A file that cannot be read keeps its name: somebody may
/// want to validate it.
template <typename Describe>
Candidates described(const std::vector<std::string>& names, Describe describe) {
  Candidates result;
  for (const auto& name : names) {
    Candidate candidate{.text = name};
    try {
      candidate.description = describe(name);
    } catch (const Error&) {
      candidate.description = "cannot be used";
    }
    result.push_back(std::move(candidate));
  }
  return result;
}

/// "relay=on": the values of the options of the VPN that the line names.
Candidates settings(const Catalog& catalog, const Line& line) {
  Candidates result;
  for (const auto& option : catalog.vpn(line.value("--vpn")).options)
    for (const auto& value : option.values)
      result.push_back({.text = option.name + "=" + value, .description = option.description});
  return result;
}

/// The machines of the standing lab.
Candidates machines(const Line& line) {
  LabClient client(find_lab(line.value("--lab"), line.value("--runs", "runs")));
  const auto status = client.ask({{"do", "status"}}, std::chrono::seconds{1});
  return plain(status.at("machines").get<std::vector<std::string>>());
}

Candidates shipped(const Catalog& catalog, const std::string& what, const Line& line) {
  if (what == "--topology" || what == "TOPOLOGY")
    return described(catalog.topologies(),
                     [&](const auto& name) { return catalog.topology(name).description; });
  if (what == "--scenario")
    return described(catalog.scenarios(),
                     [&](const auto& name) { return catalog.scenario(name).description; });
  if (what == "--profile")
    return described(catalog.profiles(),
                     [&](const auto& name) { return catalog.profile(name).description; });
  if (what == "--vpn")
    return described(catalog.vpns(),
                     [&](const auto& name) { return catalog.vpn(name).description; });
  if (what == "--set") return settings(catalog, line);
  return {};
}

/// The names that `choice` allows, which its validator carries.
std::vector<std::string> choices(CLI::Option& option) {
  std::vector<std::string> names;
  try {
    std::istringstream in(option.get_validator(0)->get_name());
    for (std::string name; in >> name;)
      names.push_back(name);
  } catch (const CLI::OptionNotFound&) { // it has no validator
  }
  return names;
}

/// Names that an option or argument may take; nothing where it takes none.
Candidates names_for(CLI::Option& option, const Line& line) {
  const auto what =
      option.get_positional() ? option.get_name(true, false) : "--" + option.get_lnames().front();
  if (const auto names = choices(option); !names.empty()) return plain(names);
  if (what == "--accel") return plain({"auto", "kvm", "tcg"});
  if (what == "MACHINE") return machines(line);
  if (what == "--workload") {
    Candidates result;
    for (const auto& workload : workloads())
      result.push_back({.text = workload.name, .description = workload.description});
    return result;
  }
  return shipped(Catalog(DataFolders::find()), what, line);
}

/// Whether it takes a file or a folder too: ":files", ":folders", or nothing.
std::string paths_for(const CLI::Option& option) {
  const auto type = option.get_positional() ? option.get_name(true, false) : option.get_type_name();
  if (type.ends_with("FILE") || type == "TOPOLOGY") return ":files";
  return type.ends_with("FOLDER") || type == "RUN" ? ":folders" : "";
}

Candidates fitting(Candidates all, const std::string& word, const std::string& before) {
  std::erase_if(all, [&](const Candidate& one) { return !one.text.starts_with(word); });
  for (auto& candidate : all)
    candidate.text.insert(0, before);
  return all;
}

/// `before` stands before the value in the same word: "--topology=".
Candidates values_of(CLI::Option& option,
                     const Line& line,
                     const std::string& word,
                     const std::string& before = "") {
  Candidates result;
  const auto paths = paths_for(option);
  if (word.find('/') == std::string::npos) try {
      result = fitting(names_for(option, line), word, before);
    } catch (const std::exception&) { // no lab, no data, a VPN that there is not: no names
    }
  // Names come first; where none fits, a path is meant.
  if (result.empty() && !paths.empty()) result.push_back({.text = paths});
  return result;
}

Candidates options_of(const Line& line, const std::string& word) {
  Candidates all;
  for (const auto* option : line.command->get_options()) {
    const bool again = option->get_expected_max() > 1;
    if (option->get_lnames().empty() || option->get_group().empty()) continue;
    if (!again && std::ranges::find(line.used, option) != line.used.end()) continue;
    all.push_back(
        {.text = "--" + option->get_lnames().front(), .description = option->get_description()});
  }
  return fitting(std::move(all), word, "");
}

Candidates commands_of(CLI::App& app, const std::string& word) {
  Candidates all;
  for (const auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    all.push_back({.text = command->get_name(), .description = command->get_description()});
  return fitting(std::move(all), word, "");
}

} // namespace

std::vector<Candidate> candidates(CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const auto& word = words.back();
  const auto line = read_line(app, {words.begin(), words.end() - 1});
  if (line.waiting != nullptr) return values_of(*line.waiting, line, word);
  if (line.over) return {};
  if (word.starts_with("-")) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return options_of(line, word);
    auto* option = option_named(*line.command, word);
    if (option == nullptr || !wants_value(*option)) return {};
    return values_of(*option, line, word.substr(equals + 1), word.substr(0, equals + 1));
  }
  if (auto commands = commands_of(*line.command, word); !commands.empty()) return commands;
  auto* argument = positional(*line.command, line.positionals);
  return argument == nullptr ? Candidates{} : values_of(*argument, line, word);
}

int print_candidates(CLI::App& app, const std::vector<std::string>& words) {
  for (const auto& [text, description] : candidates(app, words))
    fmt::print(
        "{}{}{}\n", printable(text), description.empty() ? "" : "\t", printable(description));
  return 0;
}

} // namespace hermesh::cli
