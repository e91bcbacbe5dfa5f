// SPDX-License-Identifier: MIT
//
// Events on real guests, with the reference puncher: each changes what it should, and the puncher
// finds its way back from all of them.

#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;

/// Every shipped scenario that has a timeline: one that is added is run, too.
std::vector<std::string> timelines() {
  std::vector<std::string> names;
  for (const auto& entry :
       fs::directory_iterator(fs::path(HERMESH_TEST_SOURCE_DIR) / "nat-scenarios"))
    if (const auto name = entry.path().stem().string(); name.starts_with("event-"))
      names.push_back(name);
  std::ranges::sort(names);
  return names;
}

class Events : public ::testing::TestWithParam<std::string> {
protected:
  TempDir runs_{"hmtest"};
};

TEST_P(Events, ChangeWhatTheyShouldAndThePuncherRecovers) {
  HERMESH_NEEDS_GUESTS();
  const auto outcome = run_trial(runs_.path(),
                                 {"--topology",
                                  GetParam() == "event-roam" ? "mobile-roam" : "nat-nat",
                                  "--scenario",
                                  GetParam(),
                                  "--vpn",
                                  "punch"});
  ASSERT_FALSE(outcome.result.is_null()) << outcome.story();
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  EXPECT_EQ(outcome.result.at("verdict"), "as_expected") << outcome.result.at("reason");
  EXPECT_EQ(outcome.result.at("path"), "direct");
  ASSERT_FALSE(outcome.result.at("events").empty());
  for (const auto& event : outcome.result.at("events")) {
    EXPECT_TRUE(event.at("changed").get<bool>()) << event.dump(2);
    EXPECT_FALSE(event.at("recovered_ms").is_null()) << event.dump(2);
    EXPECT_EQ(event.at("path"), "direct") << event.dump(2);
    EXPECT_FALSE(event.at("seen_ms").is_null()) << event.dump(2);
    // These move the puncher's own flow, as others see it, unless it began another meanwhile.
    for (const auto* kind : {"nat-reboot", "rebind", "wan-change", "roam"})
      if (event.at("event") == kind && !event.at("endpoint_after").is_null()) {
        EXPECT_NE(event.at("endpoint_before"), event.at("endpoint_after")) << event.dump(2);
      }
    for (const auto* kind : {"rebind", "roam"})
      if (event.at("event") == kind) {
        EXPECT_FALSE(event.at("endpoint_after").is_null()) << event.dump(2);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped, Events, ::testing::ValuesIn(timelines()), [](const auto& each) {
  auto word = each.param;
  std::ranges::replace(word, '-', '_');
  return word;
});

} // namespace
} // namespace hermesh::testing
