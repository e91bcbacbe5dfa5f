// SPDX-License-Identifier: MIT
#include "runner/evidence.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

TrialResult shown(PathKind path, PathKind expected) {
  TrialResult result;
  result.path = path;
  result.expected = expected;
  result.vpn = "nebula";
  result.proofs = {{.action = "cut r off for 3s",
                    .expected = "the probes continue",
                    .observed = "all",
                    .holds = true}};
  return result;
}

Verdict verdict(PathKind path, PathKind expected) {
  auto result = shown(path, expected);
  decide(result);
  return result.verdict;
}

TEST(Decide, ComparesThePathWithTheExpectation) {
  using enum PathKind;
  EXPECT_EQ(verdict(direct, direct), Verdict::as_expected);
  EXPECT_EQ(verdict(local, direct), Verdict::as_expected);
  EXPECT_EQ(verdict(relayed, relayed), Verdict::as_expected);
  EXPECT_EQ(verdict(unreachable, unreachable), Verdict::as_expected);
  EXPECT_EQ(verdict(direct, relayed), Verdict::better_than_expected);
  EXPECT_EQ(verdict(relayed, unreachable), Verdict::better_than_expected);
  EXPECT_EQ(verdict(relayed, direct), Verdict::worse_than_expected);
  EXPECT_EQ(verdict(unreachable, direct), Verdict::worse_than_expected);
}

TEST(Decide, WhatMayBeDirectIsAsExpectedEitherWay) {
  for (const auto path : {PathKind::direct, PathKind::relayed}) {
    auto result = shown(path, PathKind::relayed);
    result.expected_certainty = "may";
    decide(result);
    EXPECT_EQ(result.verdict, Verdict::as_expected);
  }
  auto result = shown(PathKind::unreachable, PathKind::relayed);
  result.proofs.clear();
  result.expected_certainty = "may";
  decide(result);
  EXPECT_NE(result.verdict, Verdict::as_expected);
}

TEST(Decide, AControlThatFailsIsNeverTheVpnsFault) {
  auto result = shown(PathKind::unreachable, PathKind::direct);
  result.proofs = {{.action = "open every gateway",
                    .expected = "the peers connect",
                    .observed = "nothing arrived",
                    .holds = false}};
  decide(result);
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
}

/// Probes at this pace, in milliseconds.
ProbeTrack paced(unsigned milliseconds) {
  ProbeTrack track{.from = "a", .to = "b", .probes = {}};
  for (std::uint32_t i = 0; i < 50; ++i)
    track.probes.push_back(
        {.sequence = i, .length = 128, .sent = Time{std::chrono::milliseconds{milliseconds * i}}});
  return track;
}

TEST(Decide, AStarvedGuestIsNotTheVpnsFault) {
  using std::chrono::milliseconds;
  auto worse = shown(PathKind::relayed, PathKind::direct);
  decide(worse);
  ASSERT_EQ(worse.verdict, Verdict::worse_than_expected);
  auto fair = worse;
  judge_pace(paced(105U), milliseconds{100}, fair);
  EXPECT_EQ(fair, worse);
  judge_pace(paced(128U), milliseconds{100}, worse);
  EXPECT_EQ(worse.verdict, Verdict::inconclusive);
  EXPECT_TRUE(worse.reason.starts_with("the host starved guest a: it sent 49 probes where 63"))
      << worse.reason;
  auto good = shown(PathKind::direct, PathKind::direct);
  decide(good);
  judge_pace(paced(200U), milliseconds{100}, good);
  EXPECT_EQ(good.verdict, Verdict::as_expected);
  EXPECT_EQ(good.findings.size(), 1U);
}

TEST(Decide, TheLastControlCounts) {
  auto result = shown(PathKind::unreachable, PathKind::unreachable);
  result.proofs.front().holds = false; // opening did not help: the VPN needs known endpoints ...
  result.proofs.push_back({.action = "twin",
                           .expected = "direct",
                           .observed = "direct",
                           .holds = true}); // ... and works with them
  decide(result);
  EXPECT_EQ(result.verdict, Verdict::as_expected);
}

TEST(Claims, AContradictionIsAFinding) {
  auto result = shown(PathKind::relayed, PathKind::relayed);
  result.claims = {{.machine = "a", .path = "direct"},
                   {.machine = "b", .path = "relayed"},
                   {.machine = "c", .path = "unknown"}};
  compare_claims(result);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front(), "nebula on a claims direct, the wire shows relayed");
}

TEST(Workload, FiguresStandBesideTheSameOnesWithoutVpn) {
  TrialResult result;
  add_workload(result,
               "ping",
               {.figures = {{"rtt average", "ms", 4}}},
               {.figures = {{"rtt average", "ms", 2}}});
  ASSERT_EQ(result.workloads.size(), 1U);
  EXPECT_EQ(result.workloads.front().through, 4);
  EXPECT_EQ(result.workloads.front().without_vpn, 2);
}

TEST(Workload, AProblemKeepsTheOtherSidesFigure) {
  TrialResult result;
  add_workload(result,
               "tcp",
               {.problem = "iperf3 printed no JSON"},
               {.figures = {{"throughput", "Mbit/s", 90}}});
  ASSERT_EQ(result.workloads.size(), 2U);
  EXPECT_EQ(result.workloads[0].problem, "through the VPN: iperf3 printed no JSON");
  EXPECT_EQ(result.workloads[1].without_vpn, 90);
  EXPECT_EQ(result.workloads[1].through, std::nullopt);
}

} // namespace
} // namespace hermesh
