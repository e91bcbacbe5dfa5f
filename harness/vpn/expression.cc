// SPDX-License-Identifier: MIT
#include "vpn/expression.hh"

#include "base/error.hh"

#include <algorithm>
#include <charconv>

namespace hermesh {
namespace {

constexpr unsigned deepest_call =
    32; // calls within calls; a file from anywhere must not end the stack

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool may_begin_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool may_be_in_name(char c) {
  return may_begin_name(c) || is_digit(c);
}

class Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression whole() {
    auto expression = any(0);
    skip_blanks();
    if (at_ < text_.size()) fail("the end of the expression");
    return expression;
  }

private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() {
    while (next() == ' ' || next() == '\t')
      ++at_;
  }

  [[noreturn]] void fail(const std::string& wanted) const {
    const auto found = at_ < text_.size() ? "'" + std::string(text_.substr(at_, 20)) + "'"
                                          : std::string("nothing");
    const auto shown =
        text_.size() > 60 ? std::string(text_.substr(0, 60)) + "..." : std::string(text_);
    throw InputError("in '${" + shown + "}': found " + found + ", wanted " + wanted);
  }

  Expression any(unsigned depth) {
    if (depth > deepest_call)
      fail("at most " + std::to_string(deepest_call) + " calls within each other");
    skip_blanks();
    if (next() == '\'') return quoted_text();
    if (is_digit(next())) return number();
    if (!may_begin_name(next())) fail("a name, a number or a 'text'");
    const auto name = dotted_name();
    skip_blanks();
    if (next() != '(') return {.kind = Expression::Kind::name, .text = name};
    if (name.find('.') != std::string::npos) fail("no call: a function's name has no dot");
    return {.kind = Expression::Kind::call, .text = name, .arguments = arguments(depth)};
  }

  Expression quoted_text() {
    const auto end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) fail("a text with its closing quote");
    Expression text{.kind = Expression::Kind::text,
                    .text = std::string(text_.substr(at_ + 1, end - at_ - 1))};
    at_ = end + 1;
    return text;
  }

  Expression number() {
    Expression number{.kind = Expression::Kind::number};
    const auto* begin = text_.data() + at_;
    const auto [end, problem] = std::from_chars(begin, text_.data() + text_.size(), number.number);
    if (problem != std::errc{}) fail("an integer of at most 64 bits");
    at_ += static_cast<std::size_t>(end - begin);
    if (may_be_in_name(next())) fail("digits only in a number");
    return number;
  }

  std::string simple_name() {
    const auto begin = at_;
    if (!may_begin_name(next())) fail("a name");
    while (may_be_in_name(next()))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string dotted_name() {
    auto name = simple_name();
    if (next() != '.') return name;
    ++at_;
    name += "." + simple_name();
    if (next() == '.') fail("at most one dot in a name");
    return name;
  }

  std::vector<Expression> arguments(unsigned depth) {
    std::vector<Expression> arguments;
    ++at_; // the '('
    skip_blanks();
    if (next() == ')') return ++at_, arguments;
    while (true) {
      arguments.push_back(any(depth + 1));
      skip_blanks();
      if (next() == ')') return ++at_, arguments;
      if (next() != ',') fail("',' or ')'");
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

Expression parse_expression(std::string_view text) {
  return Parser(text).whole();
}

bool is_name(std::string_view text) {
  return !text.empty() && may_begin_name(text.front()) && std::ranges::all_of(text, may_be_in_name);
}

} // namespace hermesh
