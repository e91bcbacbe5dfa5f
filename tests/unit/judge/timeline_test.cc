// SPDX-License-Identifier: MIT
#include "judge/timeline.hh"

#include <gtest/gtest.h>

#include <string_view>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// One letter a probe, 100 ms apart: d direct, r relayed, ? arrived and not told, . lost.
DirectionVerdict drawn(std::string_view probes) {
  DirectionVerdict verdict;
  for (const char c : probes) {
    ProbeVerdict probe{.sequence = static_cast<std::uint32_t>(verdict.probes.size())};
    probe.sent = probe.sequence * 100ms;
    if (c != '.') probe.received = probe.sent + 10ms;
    probe.identified = c == 'd' || c == 'r';
    if (c == 'd') probe.path = {.kind = PathKind::direct};
    if (c == 'r') probe.path = {.kind = PathKind::relayed, .via = "r", .infrastructure = true};
    verdict.probes.push_back(probe);
  }
  draw_timeline(verdict);
  return verdict;
}

/// "r3 d5": each interval's path and number of probes.
std::string intervals(std::string_view probes) {
  std::string text;
  for (const auto& interval : drawn(probes).timeline) {
    if (!text.empty()) text += ' ';
    text += interval.path.kind == PathKind::direct    ? 'd'
            : interval.path.kind == PathKind::relayed ? 'r'
                                                      : '.';
    text += std::to_string(interval.probes);
  }
  return text;
}

TEST(Timeline, JoinsNeighbours) {
  EXPECT_EQ(intervals("rrrddddd"), "r3 d5");
  EXPECT_EQ(intervals("ddrdd"), "d2 r1 d2");
  EXPECT_EQ(intervals(""), "");
}

TEST(Timeline, AnUnidentifiedProbeOrALossBreaksNothing) {
  EXPECT_EQ(intervals("dd?dd..dd"), "d6");
  EXPECT_EQ(intervals("??dd"), "d2");
}

TEST(Timeline, ThreeLossesInARowAreAnOutage) {
  EXPECT_EQ(intervals("dd...dd"), "d2 .3 d2");
  EXPECT_EQ(intervals("...rr"), ".3 r2");
}

TEST(Timeline, AnIntervalLastsUntilTheNextBegins) {
  const auto timeline = drawn("rr.ddd").timeline;
  ASSERT_EQ(timeline.size(), 2U);
  EXPECT_EQ(timeline[0].from, 0ms);
  EXPECT_EQ(timeline[0].to, 300ms);
  EXPECT_EQ(timeline[1].from, 300ms);
  EXPECT_EQ(timeline[1].to, 510ms);
}

TEST(Timeline, ManyUnidentifiedProbesAreAGap) {
  const auto timeline = drawn("dd????dd").timeline;
  ASSERT_EQ(timeline.size(), 2U);
  EXPECT_EQ(timeline[0].to, 110ms);
  EXPECT_EQ(timeline[1].from, 600ms);
}

TEST(Timeline, SettlesOnTheLastProvenInterval) {
  EXPECT_EQ(drawn("rrrrrrddddd").settled.kind, PathKind::direct);
  EXPECT_EQ(drawn("rrrrrrdddd").settled.kind, PathKind::relayed) << "four are not enough";
  EXPECT_TRUE(drawn("rrrrrrdddd").proven);
  EXPECT_EQ(drawn("dddddd.........").settled.kind, PathKind::direct)
      << "nine losses are not enough";
  EXPECT_EQ(drawn("dddddd..........").settled.kind, PathKind::unreachable);
}

TEST(Timeline, NoneEverArrived) {
  EXPECT_EQ(drawn("").settled, Path{});
  EXPECT_FALSE(drawn("").proven);
  EXPECT_EQ(drawn("...").settled, Path{});
  EXPECT_FALSE(drawn("...").proven) << "three losses prove little";
  EXPECT_TRUE(drawn("..........").proven);
}

TEST(Timeline, TooFewProbesSettleOnTheLastThingSeenUnproven) {
  const auto verdict = drawn("rrdd");
  EXPECT_EQ(verdict.settled.kind, PathKind::direct);
  EXPECT_FALSE(verdict.proven);
}

TEST(Timeline, ALongBlindEndUnsettlesWhatWasProven) {
  EXPECT_TRUE(drawn("rrrrrr?????????").proven);
  const auto verdict = drawn("rrrrrr??????????");
  EXPECT_EQ(verdict.settled.kind, PathKind::relayed);
  EXPECT_FALSE(verdict.proven);
}

TEST(Timeline, WhatWasNotIdentifiedProvesNothing) {
  const auto verdict = drawn("????????????");
  EXPECT_EQ(verdict.unidentified, 12U);
  EXPECT_FALSE(verdict.proven);
}

} // namespace
} // namespace hermesh
