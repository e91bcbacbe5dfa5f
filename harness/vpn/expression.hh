// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// What stands between `${` and `}`, as a tree. Nothing is evaluated here.
///
///     expression = 'text' | 42 | name | name.name | name(expression, ...)
struct Expression {
  enum class Kind : std::uint8_t { text, number, name, call };

  Kind kind = Kind::text;
  std::string text{}; ///< the text, the (dotted) name, or the function's name
  std::int64_t number = 0;
  std::vector<Expression> arguments{};

  bool operator==(const Expression&) const = default;
};

/// The whole of `text` as one expression. InputError says what was found, and what was wanted.
Expression parse_expression(std::string_view text);

/// Letters, digits and '_', not a digit first: what may stand as a name in an expression.
bool is_name(std::string_view text);

} // namespace hermesh
