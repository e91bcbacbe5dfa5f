// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "report/result.hh"
#include "report/timeline.hh"
#include "results.hh"
#include "support/golden.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

struct Named {
  const char* name;
  TrialResult result;
};

/// GoogleTest would print the bytes, and CTest take them for the test's name.
void PrintTo(const Named& named, std::ostream* out) {
  *out << named.name;
}

class EveryResult : public ::testing::TestWithParam<Named> {};

INSTANTIATE_TEST_SUITE_P(Report,
                         EveryResult,
                         ::testing::Values(Named{"direct", testing::direct_after_relay()},
                                           Named{"worse", testing::relayed_instead()},
                                           Named{"invalid", testing::unlike_declared()},
                                           Named{"inconclusive", testing::control_failed()},
                                           Named{"events", testing::after_events()},
                                           Named{"error", testing::broken_lab()}),
                         [](const auto& one) { return one.param.name; });

TEST_P(EveryResult, JsonIsGolden) {
  testing::expect_golden("report/" + std::string(GetParam().name) + ".json",
                         to_json_document(GetParam().result).dump(2) + "\n");
}

TEST_P(EveryResult, TextIsGolden) {
  testing::expect_golden("report/" + std::string(GetParam().name) + ".txt",
                         describe(GetParam().result, false));
}

TEST_P(EveryResult, TextIsPlainAscii) {
  for (const char c : describe(GetParam().result, false))
    EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
}

TEST_P(EveryResult, JsonIsReadBackWhole) {
  auto wanted = GetParam().result;
  for (auto& claim : wanted.claims) // what is not UTF-8 was replaced
    if (const auto bad = claim.problem.find('\xff'); bad != std::string::npos)
      claim.problem.replace(bad, 1, "\xef\xbf\xbd");
  const auto document = nlohmann::json::parse(to_json_document(wanted).dump());
  EXPECT_EQ(read_result(document, "result.json"), wanted);
}

TEST_P(EveryResult, NoFieldMayBeMissingOrUnknown) {
  const auto document = nlohmann::json::parse(to_json_document(GetParam().result).dump());
  for (const auto& [name, value] : document.items()) {
    auto without = document;
    without.erase(name);
    EXPECT_THROW(read_result(without, "result.json"), InputError) << name;
  }
  auto more = document;
  more["colour"] = "red";
  EXPECT_THROW(read_result(more, "result.json"), InputError);
}

TEST(Result, ItsFirstFieldsAreInTheDocumentedOrder) {
  const auto document = to_json_document(testing::direct_after_relay());
  std::vector<std::string> names;
  for (const auto& [name, value] : document.items())
    names.push_back(name);
  names.resize(13);
  EXPECT_EQ(names,
            (std::vector<std::string>{"schema",
                                      "verdict",
                                      "path",
                                      "paths",
                                      "via",
                                      "expected",
                                      "claim",
                                      "time_to_first_packet_ms",
                                      "time_to_direct_ms",
                                      "relay_bytes",
                                      "reason",
                                      "run_dir",
                                      "expected_reason"}));
}

TEST(Result, NothingMeasuredIsNullAndNoPath) {
  const auto document = to_json_document(testing::broken_lab());
  EXPECT_TRUE(document["path"].is_null());
  EXPECT_TRUE(document["expected"].is_null());
  EXPECT_TRUE(document["time_to_direct_ms"].is_null());
}

TEST(Describe, ColourOnlyWhenAsked) {
  const auto text = describe(testing::direct_after_relay(), true);
  EXPECT_NE(text.find("\x1b[1;32m"), std::string::npos);
  EXPECT_EQ(describe(testing::control_failed(), false).find('\x1b'), std::string::npos);
}

TEST(Timeline, ABarShowsWhoHasMostOfACell) {
  const DirectionResult direction{.from = "a",
                                  .to = "b",
                                  .timeline = {{1s, 2s, {.kind = PathKind::relayed, .via = "r"}, 1},
                                               {2s, 2900ms, {.kind = PathKind::direct}, 1}}};
  EXPECT_EQ(timeline_bar(direction, 4s, 4), ".~=.");
  EXPECT_EQ(timeline_bar(direction, 0s, 4), "....");
  EXPECT_EQ(timeline_words(direction),
            "nothing until 1.00s, relayed via r until 2.00s, direct until 2.90s");
}

TEST(Timeline, TimesAreRough) {
  EXPECT_EQ(rough(0s), "0ms");
  EXPECT_EQ(rough(412'345us), "412ms");
  EXPECT_EQ(rough(1'630ms), "1.63s");
  EXPECT_EQ(rough(12'340ms), "12.3s");
  EXPECT_EQ(rough(321s), "321s");
}

} // namespace
} // namespace hermesh
