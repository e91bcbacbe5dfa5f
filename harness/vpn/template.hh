// SPDX-License-Identifier: MIT
#pragma once

#include "vpn/expression.hh"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hermesh {

struct TemplateNode;

/// Text to be taken as it is.
struct LiteralText {
  std::string text;

  bool operator==(const LiteralText&) const = default;
};

/// `${expression}`: what it yields.
struct Insertion {
  std::string place; ///< "peer.yml:12", for complaints
  Expression expression;

  bool operator==(const Insertion&) const = default;
};

/// `${for VARIABLE in LIST}` ... `${end}`: the lines between, for each machine of the list.
struct Repetition {
  std::string place;
  std::string variable;
  std::string list;
  std::vector<TemplateNode> body;

  bool operator==(const Repetition&) const = default;
};

/// `${if expression}` ... `${else}` ... `${end}`.
struct Choice {
  std::string place;
  Expression condition;
  std::vector<TemplateNode> body;
  std::vector<TemplateNode> otherwise;

  bool operator==(const Choice&) const = default;
};

struct TemplateNode {
  std::variant<LiteralText, Insertion, Repetition, Choice> content;

  bool operator==(const TemplateNode&) const = default;
};

/// A text with `${...}` in it, parsed (vpns/README.md has the language).
using Template = std::vector<TemplateNode>;

/// A file: complaints name its line; `for`, `if`, `else` and `end` stand on lines of their own,
/// which leave no line behind. Throws InputError.
Template parse_template(const std::string& file, std::string_view text);

/// One string of a JSON file, `place` says which: no blocks.
Template parse_phrase(const std::string& place, std::string_view text);

} // namespace hermesh
