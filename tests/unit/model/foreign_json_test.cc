// SPDX-License-Identifier: MIT
#include "model/foreign_json.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

std::string nested(std::size_t levels, const std::string& inside = "") {
  return std::string(levels, '[') + inside + std::string(levels, ']');
}

TEST(ForeignJson, ReadsWhatProgramsPrint) {
  EXPECT_EQ(parse_foreign_json(R"({"path": "direct", "n": [1, 2]})")["n"][1], 2);
  EXPECT_TRUE(parse_foreign_json("").is_discarded());
  EXPECT_TRUE(parse_foreign_json("{").is_discarded());
  EXPECT_TRUE(parse_foreign_json("\"\xff\"").is_discarded()) << "not UTF-8";
}

TEST(ForeignJson, RefusesWhatIsTooDeepToBeCopiedOrPrinted) {
  EXPECT_FALSE(parse_foreign_json(nested(deepest_foreign_json)).is_discarded());
  EXPECT_TRUE(parse_foreign_json(nested(deepest_foreign_json + 1)).is_discarded());
  EXPECT_TRUE(parse_foreign_json("{\"error\": " + nested(8'000'000) + "}").is_discarded());
  EXPECT_TRUE(parse_foreign_json(std::string(8'000'000, '[')).is_discarded());
}

TEST(ForeignJson, CountsNoBracketInAText) {
  const auto brackets = std::string(100, '[') + R"(\"[\\)";
  EXPECT_FALSE(parse_foreign_json("{\"a\": \"" + brackets + "\", \"b\": []}").is_discarded());
  std::string wide = "[";
  for (int i = 0; i < 1000; ++i)
    wide += "[],";
  EXPECT_FALSE(parse_foreign_json(wide + "{}]").is_discarded());
}

} // namespace
} // namespace hermesh
