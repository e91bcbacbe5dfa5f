// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "support/golden.hh"
#include "vpn/expression.hh"

#include <gtest/gtest.h>

#include <array>

namespace hermesh {
namespace {

using Kind = Expression::Kind;

TEST(Expression, IsATextANumberANameOrACall) {
  EXPECT_EQ(parse_expression("'a } b'"), (Expression{.kind = Kind::text, .text = "a } b"}));
  EXPECT_EQ(parse_expression(" 42 "), (Expression{.kind = Kind::number, .number = 42}));
  EXPECT_EQ(parse_expression("self.name"), (Expression{.kind = Kind::name, .text = "self.name"}));
  EXPECT_EQ(parse_expression("f()"), (Expression{.kind = Kind::call, .text = "f"}));
  EXPECT_EQ(parse_expression("f( 'x',g(1) )"),
            (Expression{.kind = Kind::call,
                        .text = "f",
                        .arguments = {{.kind = Kind::text, .text = "x"},
                                      {.kind = Kind::call,
                                       .text = "g",
                                       .arguments = {{.kind = Kind::number, .number = 1}}}}}));
}

TEST(Expression, SaysWhatIsWrong) {
  std::string messages;
  for (const auto* wrong : {"",     "  ",    "a.b.c", "a.",    ".a",
                            "a b",  "f(",    "f(1",   "f(1,",  "f(1,)",
                            "f(,)", "f 'x'", "'x",    "12x",   "99999999999999999999",
                            "-1",   "a.b()", "a+b",   "f(1))", "\"x\"",
                            "a.1"}) {
    try {
      parse_expression(wrong);
      messages += std::string("accepted: ") + wrong + "\n";
    } catch (const InputError& error) {
      messages += std::string(error.what()) + "\n";
    }
  }
  testing::expect_golden("vpn/expression-errors.txt", messages);
}

TEST(Expression, IsNotNestedWithoutBound) {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
      text += "f(";
    return text + "1" + std::string(depth, ')');
  };
  EXPECT_NO_THROW(parse_expression(nested(30)));
  EXPECT_THROW(parse_expression(nested(100000)), InputError); // would end the stack
}

} // namespace
} // namespace hermesh
