// SPDX-License-Identifier: MIT
#include "vpn/template.hh"

#include "base/error.hh"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace hermesh {
namespace {

constexpr std::size_t deepest_block = 16; // blocks within blocks
constexpr std::array<std::string_view, 4> keywords{"for", "if", "else", "end"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}

bool is_keyword(std::string_view word) {
  return std::ranges::find(keywords, word) != keywords.end();
}

/// Where the `}` is that closes a `${` whose inside begins at `begin`: one in a 'text' does not,
/// and a line's end comes too early.
std::size_t closing_brace(std::string_view text, std::size_t begin) {
  bool quoted = false;
  for (auto at = begin; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '\'') quoted = !quoted;
    if (text[at] == '}' && !quoted) return at;
  }
  throw InputError("found '${' without its '}' on the same line (a literal one is '$${')");
}

void add_literal(Template& nodes, std::string_view text) {
  if (text.empty()) return;
  auto* last = nodes.empty() ? nullptr : std::get_if<LiteralText>(&nodes.back().content);
  if (last != nullptr)
    last->text += text;
  else
    nodes.push_back({LiteralText{std::string(text)}});
}

void add_inline(Template& nodes, const std::string& place, std::string_view text) {
  while (true) {
    const auto dollar = text.find("${");
    if (dollar == std::string_view::npos) return add_literal(nodes, text);
    if (dollar > 0 && text[dollar - 1] == '$') { // "$${" is a literal "${"
      add_literal(nodes, text.substr(0, dollar - 1));
      add_literal(nodes, "${");
      text.remove_prefix(dollar + 2);
      continue;
    }
    add_literal(nodes, text.substr(0, dollar));
    const auto end = closing_brace(text, dollar + 2);
    const auto inside = trimmed(text.substr(dollar + 2, end - dollar - 2));
    if (is_keyword(first_word(inside)))
      throw InputError("found '${" + std::string(inside) +
                       "}', which stands only on a line of its own, in a template file");
    nodes.push_back({Insertion{place, parse_expression(inside)}});
    text.remove_prefix(end + 1);
  }
}

/// The inside of a line that is nothing but `${for ...}`, `${if ...}`, `${else}` or `${end}`.
std::optional<std::string_view> directive(std::string_view line) {
  const auto text = trimmed(line);
  if (!text.starts_with("${") || !text.ends_with("}")) return std::nullopt;
  const auto inside = trimmed(text.substr(2, text.size() - 3));
  if (!is_keyword(first_word(inside))) return std::nullopt;
  return inside;
}

Repetition parse_repetition(const std::string& place, std::string_view inside) {
  auto rest = trimmed(inside.substr(3));
  const auto variable = first_word(rest);
  rest = trimmed(rest.substr(variable.size()));
  const auto in = first_word(rest);
  const auto list = trimmed(rest.substr(in.size()));
  if (in != "in" || !is_name(variable) || !is_name(list))
    throw InputError("found '${" + std::string(inside) + "}', wanted '${for NAME in LIST}'");
  return {.place = place, .variable = std::string(variable), .list = std::string(list), .body = {}};
}

class FileParser {
public:
  explicit FileParser(std::string file) : file_(std::move(file)) {}

  Template parse(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      const auto line = text.substr(0, end == std::string_view::npos ? end : end + 1);
      ++line_;
      while_doing(place(), [&] { take(line); });
      text.remove_prefix(line.size());
    }
    if (!open_.empty())
      throw InputError(open_.back().place + ": a block begins here that no '${end}' ends");
    return std::move(nodes_);
  }

private:
  struct Open {
    std::string place;
    TemplateNode block;
    bool in_otherwise = false;
  };

  std::string place() const { return file_ + ":" + std::to_string(line_); }

  Template& target() {
    if (open_.empty()) return nodes_;
    auto& open = open_.back();
    if (auto* repetition = std::get_if<Repetition>(&open.block.content)) return repetition->body;
    auto& choice = std::get<Choice>(open.block.content);
    return open.in_otherwise ? choice.otherwise : choice.body;
  }

  void take(std::string_view line) {
    const auto inside = directive(line);
    if (!inside) return add_inline(target(), place(), line);
    const auto word = first_word(*inside);
    if (word == "for") return open({parse_repetition(place(), *inside)});
    if (word == "if")
      return open({Choice{.place = place(),
                          .condition = parse_expression(inside->substr(2)),
                          .body = {},
                          .otherwise = {}}});
    if (word != *inside)
      throw InputError("found '${" + std::string(*inside) + "}', wanted '${" + std::string(word) +
                       "}'");
    if (open_.empty()) throw InputError("found '${" + std::string(word) + "}' outside of a block");
    if (word == "else") return otherwise();
    auto block = std::move(open_.back().block);
    open_.pop_back();
    target().push_back(std::move(block));
  }

  void open(TemplateNode block) {
    if (open_.size() >= deepest_block)
      throw InputError("more than " + std::to_string(deepest_block) + " blocks within each other");
    open_.push_back({.place = place(), .block = std::move(block)});
  }

  void otherwise() {
    auto& open = open_.back();
    if (open.in_otherwise || !std::holds_alternative<Choice>(open.block.content))
      throw InputError("found '${else}' without an '${if ...}' of its own");
    open.in_otherwise = true;
  }

  std::string file_;
  std::size_t line_ = 0;
  Template nodes_;
  std::vector<Open> open_;
};

} // namespace

Template parse_template(const std::string& file, std::string_view text) {
  return FileParser(file).parse(text);
}

Template parse_phrase(const std::string& place, std::string_view text) {
  Template nodes;
  while_doing(place, [&] { add_inline(nodes, place, text); });
  return nodes;
}

} // namespace hermesh
