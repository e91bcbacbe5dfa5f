// SPDX-License-Identifier: MIT
//
// Events on real guests, with the reference puncher: each changes what it should, and the puncher
// finds its way back from all of them.

#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

namespace hermesh::testing {
namespace {

struct Timeline {
  std::string name;
  std::string topology;
  std::string scenario;
};

void PrintTo(const Timeline& timeline, std::ostream* out) {
  *out << timeline.name;
}

class Events : public ::testing::TestWithParam<Timeline> {
protected:
  TempDir runs_{"hmtest"};
};

TEST_P(Events, ChangeWhatTheyShouldAndThePuncherRecovers) {
  HERMESH_NEEDS_GUESTS();
  const auto outcome = run_trial(
      runs_.path(),
      {"--topology", GetParam().topology, "--scenario", GetParam().scenario, "--vpn", "punch"});
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
    // These move the puncher's own flow, as others see it.
    for (const auto* kind : {"nat-reboot", "rebind", "wan-change", "roam"})
      if (event.at("event") == kind) {
        EXPECT_NE(event.at("endpoint_before"), event.at("endpoint_after")) << event.dump(2);
        EXPECT_FALSE(event.at("endpoint_after").is_null()) << event.dump(2);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Table,
                         Events,
                         ::testing::Values(Timeline{"NatReboot", "nat-nat", "event-nat-reboot"},
                                           Timeline{"Day", "nat-nat", "event-day"},
                                           Timeline{"Roam", "mobile-roam", "event-roam"},
                                           Timeline{"LinkFlap", "nat-nat", "event-link-flap"},
                                           Timeline{"Sleep", "nat-nat", "event-sleep"}),
                         [](const auto& each) { return each.param.name; });

} // namespace
} // namespace hermesh::testing
