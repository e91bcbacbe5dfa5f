// SPDX-License-Identifier: MIT
#include "judge/judge.hh"
#include "synthetic_lab.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using testing::describe;
using testing::probe_number;
using testing::SyntheticLab;
using testing::Way;

/// A TLS relay: the probe's bytes, split where TCP likes, from R to B in R's own connection.
Time by_stream(SyntheticLab& lab,
               Random& random,
               const ProbeRecord& probe,
               const std::string& relay) {
  const auto total = probe.length + 100;
  const auto first = 1 + random.below(static_cast<std::uint32_t>(total - 1));
  lab.carry("a", relay, probe.sent + 5ms, lab.random_payload(total), true);
  lab.carry(relay, "b", probe.sent + 10ms, lab.random_payload(first), true);
  lab.carry(relay, "b", probe.sent + 11ms, lab.random_payload(total - first), true);
  return probe.sent + 12ms;
}

ProbeTrack by_streams(SyntheticLab& lab, std::uint32_t count, const std::string& relay) {
  Random random(3);
  ProbeTrack track{.from = "a", .to = "b", .probes = {}};
  for (std::uint32_t i = 0; i < count; ++i) {
    auto probe = probe_number(i);
    probe.received = by_stream(lab, random, probe, relay);
    track.probes.push_back(probe);
  }
  return track;
}

TEST(Streams, AFlowInStepWithTheProbesCarriesThem) {
  SyntheticLab lab;
  const auto track = by_streams(lab, 60, "r");
  const auto verdict = lab.judge(track);
  ASSERT_EQ(verdict.timeline.size(), 1U) << describe(verdict);
  EXPECT_EQ(verdict.settled.kind, PathKind::relayed);
  EXPECT_EQ(verdict.settled.via, "r");
  EXPECT_LE(verdict.unidentified, 3U);
}

TEST(Streams, AFlowThatBringsMuchButNotInStepDoesNot) {
  SyntheticLab lab;
  Random random(11);
  ProbeTrack track{.from = "a", .to = "b", .probes = {}};
  for (std::uint32_t i = 0; i < 200; ++i) {
    auto probe = probe_number(i);
    probe.received = probe.sent + 12ms;
    track.probes.push_back(probe);
    for (int j = 0; j < 10; ++j)
      lab.carry("c", "b", probe.sent + j * 10ms, lab.random_payload(800 + random.below(600)), true);
  }
  const auto verdict = lab.judge(track);
  EXPECT_FALSE(verdict.proven) << describe(verdict);
  EXPECT_GE(verdict.unidentified, 190U);
}

TEST(Streams, ALoneDatagramThatFitsDoesNotOutweighTheStream) {
  SyntheticLab lab;
  const auto track = by_streams(lab, 60, "r");
  lab.carry(
      "a", "b", track.probes[30].sent + 9ms, lab.random_payload(track.probes[30].length + 60));
  const auto verdict = lab.judge(track);
  ASSERT_EQ(verdict.timeline.size(), 1U) << describe(verdict);
  EXPECT_EQ(verdict.settled.via, "r");
}

TEST(Streams, FromAStreamRelayToDirectDatagrams) {
  SyntheticLab lab;
  auto track = by_streams(lab, 40, "r");
  for (std::uint32_t i = 40; i < 80; ++i) {
    auto probe = probe_number(i);
    probe.received = lab.travel({.sent = probe.sent, .length = probe.length});
    track.probes.push_back(probe);
  }
  const auto verdict = lab.judge(track);
  ASSERT_EQ(verdict.timeline.size(), 2U) << describe(verdict);
  EXPECT_EQ(verdict.timeline[0].path.via, "r");
  EXPECT_EQ(verdict.timeline[1].path.kind, PathKind::direct);
  EXPECT_EQ(verdict.timeline[1].from, track.probes[40].sent);
}

} // namespace
} // namespace hermesh
