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
