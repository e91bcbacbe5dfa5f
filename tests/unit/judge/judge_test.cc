// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "judge/frame.hh"
#include "judge/judge.hh"
#include "synthetic_lab.hh"
#include "wire/pcapng.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using testing::describe;
using testing::probe_number;
using testing::SyntheticLab;
using testing::Way;

const Path direct{.kind = PathKind::direct};
const Path local{.kind = PathKind::local};
const Path via_r{.kind = PathKind::relayed, .via = "r", .infrastructure = true};
const Path via_c{.kind = PathKind::relayed, .via = "c", .infrastructure = false};

Path path_of(Way way) {
  if (way == Way::direct) return direct;
  return way == Way::via_r ? via_r : via_c;
}

/// A track of `count` probes from `from` to `to`; `send` carries one and says when it arrived, if
/// it did.
template <typename Send>
ProbeTrack track(std::uint32_t count, Send send, const char* from = "a", const char* to = "b") {
  ProbeTrack all{.from = from, .to = to, .probes = {}};
  for (std::uint32_t i = 0; i < count; ++i) {
    auto probe = probe_number(i, all.from == "a" ? 0 : 1);
    probe.received = send(probe);
    all.probes.push_back(probe);
  }
  return all;
}

void expect_all(const DirectionVerdict& verdict, const Path& path, std::uint32_t count) {
  EXPECT_EQ(verdict.unidentified, 0U);
  ASSERT_EQ(verdict.timeline.size(), 1U) << describe(verdict);
  EXPECT_EQ(verdict.timeline.front().path, path);
  EXPECT_EQ(verdict.timeline.front().probes, count);
  EXPECT_EQ(verdict.settled, path);
  EXPECT_TRUE(verdict.proven);
}

TEST(Judge, SeesADirectPathThroughTwoGateways) {
  SyntheticLab lab;
  const auto probes =
      track(50, [&](const auto& p) { return lab.travel({.sent = p.sent, .length = p.length}); });
  const auto verdict = lab.judge(probes);
  expect_all(verdict, direct, 50);
  ASSERT_FALSE(verdict.timeline.empty());
  EXPECT_EQ(verdict.timeline.front().from, probes.probes.front().sent);
  EXPECT_EQ(verdict.timeline.front().to, *probes.probes.back().received);
}

TEST(Judge, SeesARelayThatEncryptsAnew) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    return lab.travel({.way = Way::via_r, .sent = p.sent, .length = p.length});
  });
  expect_all(lab.judge(probes), via_r, 50);
}

TEST(Judge, SeesARelayThatForwardsThePayloadUnchanged) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    return lab.travel(
        {.way = Way::via_r, .sent = p.sent, .length = p.length, .forwarded_as_is = true});
  });
  expect_all(lab.judge(probes), via_r, 50);
}

TEST(Judge, AMemberThatForwardsIsNoInfrastructure) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    return lab.travel({.way = Way::via_c, .sent = p.sent, .length = p.length});
  });
  expect_all(lab.judge(probes), via_c, 50);
}

TEST(Judge, NeedsNoEncryptionAndNoOverhead) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    return lab.travel({.sent = p.sent, .length = p.length, .overhead = 0});
  });
  expect_all(lab.judge(probes), direct, 50);
}

TEST(Judge, AHundredAndTwentyEightBytesOfAFrameAreEnough) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    return lab.travel(
        {.way = Way::via_r, .sent = p.sent, .length = p.length, .forwarded_as_is = true});
  });
  expect_all(lab.judge(probes, 128), via_r, 50);
}

TEST(Judge, FollowsASwitchFromRelayToDirectPerDirection) {
  SyntheticLab lab;
  const auto way = [](Time sent, Time switched) {
    return sent < switched ? Way::via_r : Way::direct;
  };
  const auto there = track(100, [&](const auto& p) {
    return lab.travel({.way = way(p.sent, 4s), .sent = p.sent, .length = p.length});
  });
  const auto back = track(
      100,
      [&](const auto& p) {
        return lab.travel(
            {.from = "b", .to = "a", .way = way(p.sent, 7s), .sent = p.sent, .length = p.length});
      },
      "b",
      "a");
  const auto first = lab.judge(there);
  ASSERT_EQ(first.timeline.size(), 2U) << describe(first);
  EXPECT_EQ(first.timeline[0].path, via_r);
  EXPECT_EQ(first.timeline[0].to, Time{4s});
  EXPECT_EQ(first.timeline[1].from, Time{4s});
  EXPECT_EQ(first.timeline[1].path, direct);
  const auto second = lab.judge(back);
  ASSERT_EQ(second.timeline.size(), 2U) << describe(second);
  EXPECT_EQ(second.timeline[1].from, Time{7s});
  EXPECT_EQ(first.settled, direct);
  EXPECT_EQ(second.settled, direct);
}

/// A mutant: a judge that looks at what A sends instead of what arrives. For how many probes would
/// it say "direct"? It takes the last frame of a fitting length that left A's gateway before the
/// probe arrived.
std::size_t direct_by_what_is_sent(const std::filesystem::path& captures, const ProbeTrack& track) {
  struct Sent {
    Time time;
    std::uint32_t length;
    std::uint64_t target;
  };
  std::vector<Sent> sent;
  std::uint64_t gateway_b = 0;
  wire::read_pcapng(captures / "internet.pcapng", [&](const auto& info, const auto& frame) {
    const auto& port = info.ports.at(frame.port);
    if (port == "gw-b.outside") gateway_b = *source_mac(frame.bytes);
    const auto facts = read_frame(frame.bytes);
    if (facts && port == "gw-a.outside")
      sent.push_back({frame.time, facts->length, facts->target_mac});
  });
  std::size_t direct_ones = 0;
  for (const auto& probe : track.probes) {
    const auto fits = [&](const Sent& one) {
      return one.time >= probe.sent && one.time <= *probe.received &&
             one.length == probe.length + 60;
    };
    const auto last = std::find_if(sent.rbegin(), sent.rend(), fits);
    if (last != sent.rend() && last->target == gateway_b) ++direct_ones;
  }
  return direct_ones;
}

TEST(Judge, CopiesToADeadAddressDoNotCount) {
  // In an outage every packet goes through the relay and to the address that no longer answers.
  // Both leave A's card; one arrives.
  for (const bool same_payload : {false, true}) {
    for (const bool dead_copy_last : {false, true}) {
      SyntheticLab lab;
      const auto probes = track(50, [&](const auto& p) -> std::optional<Time> {
        const auto payload = lab.random_payload(p.length + 60);
        const auto copy = same_payload ? payload : lab.random_payload(payload.size());
        const auto dead_at = p.sent + (dead_copy_last ? 15ms : 2ms);
        lab.carry("a", "r", p.sent + 10ms, payload);
        lab.carry_in_vain("a", "b", dead_at, copy);
        lab.carry(
            "r", "b", p.sent + 20ms, same_payload ? payload : lab.random_payload(payload.size()));
        return p.sent + 21ms;
      });
      expect_all(lab.judge(probes), via_r, 50);
      EXPECT_EQ(direct_by_what_is_sent(lab.write(), probes), dead_copy_last ? 50U : 0U);
    }
  }
}

TEST(Judge, FollowsPortsNotThePayloadAlone) {
  // R's copy waits at B's gateway while A sends the very same payload once more, to no avail: A was
  // the last machine to emit it, and R's copy is the one that arrives.
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    const auto payload = lab.random_payload(p.length + 60);
    lab.carry("a", "r", p.sent + 10ms, payload);
    lab.put({.segment = "internet",
             .from = "r.eth0",
             .to = "gw-b.outside",
             .time = p.sent + 20ms,
             .payload = payload});
    lab.carry_in_vain("a", "b", p.sent + 22ms, payload);
    lab.put({.segment = "home-b",
             .from = "gw-b.inside0",
             .to = "b.eth0",
             .time = p.sent + 25ms,
             .payload = payload});
    return p.sent + 26ms;
  });
  expect_all(lab.judge(probes), via_r, 50);
}

TEST(Judge, OfTwoCopiesThatArriveTheFirstCounts) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    const auto first = lab.travel({.sent = p.sent, .length = p.length, .leg = 5ms});
    lab.travel({.way = Way::via_r, .sent = p.sent, .length = p.length, .leg = 5ms});
    return first;
  });
  expect_all(lab.judge(probes), direct, 50);
}

TEST(Judge, ADropAtTheReceiversOwnCardIsNoArrival) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    const auto lost = lab.random_payload(p.length + 60);
    lab.carry("a", "b", p.sent + 5ms, lost); // switched, then no room in B's port
    lab.put({.segment = "home-b",
             .from = "gw-b.inside0",
             .to = "b.eth0",
             .time = p.sent + 5ms,
             .payload = lost,
             .dropped = true});
    return lab.travel({.way = Way::via_r, .sent = p.sent, .length = p.length});
  });
  expect_all(lab.judge(probes), via_r, 50);
}

TEST(Judge, ACopyThatTheLinkLostDoesNotCancelTheOneThatArrived) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    const auto payload = lab.random_payload(p.length + 60);
    lab.carry("a", "b", p.sent + 5ms, payload);
    lab.put({.segment = "home-a",
             .from = "a.eth0",
             .to = "gw-a.inside0",
             .time = p.sent + 6ms,
             .payload = payload,
             .never_switched = true});
    return p.sent + 6ms;
  });
  expect_all(lab.judge(probes), direct, 50);
}

TEST(Judge, CrossTrafficOfRandomLengthsDoesNotMislead) {
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
    SyntheticLab lab(seed);
    Random random(seed);
    const auto probes = track(200, [&](const auto& p) {
      return lab.travel({.way = Way::via_r, .sent = p.sent, .length = p.length});
    });
    for (int i = 0; i < 4000; ++i) { // 200 a second, from A directly and from C
      const auto length = 64 + random.below(1300);
      const auto at = Time{1s} + Duration{static_cast<std::int64_t>(random.unit() * 20e9)};
      lab.carry(i % 2 == 0 ? "a" : "c", "b", at, lab.random_payload(length));
    }
    const auto verdict = lab.judge(probes);
    EXPECT_EQ(verdict.settled, via_r);
    const auto wrong = std::ranges::count_if(
        verdict.probes, [](const ProbeVerdict& p) { return p.identified && p.path != via_r; });
    EXPECT_EQ(wrong, 0) << "seed " << seed << ": " << describe(verdict);
    EXPECT_LE(verdict.unidentified, 2U) << "seed " << seed;
  }
}

TEST(Judge, AStreamOfOneLengthDoesNotMislead) {
  SyntheticLab lab;
  const auto probes = track(100, [&](const auto& p) {
    return lab.travel({.way = Way::via_r, .sent = p.sent, .length = p.length});
  });
  for (int i = 0; i < 2000; ++i)
    lab.carry("a", "b", Time{1s} + i * 5ms, lab.random_payload(700));
  expect_all(lab.judge(probes), via_r, 100);
}

TEST(Judge, ALoneFrameThatFitsIsNoProofAmidForeignOnes) {
  // The probes arrive by no way that the captures show (a second card, say); what else comes fits
  // now and then.
  SyntheticLab lab;
  Random random(5);
  const auto probes = track(100, [&](const auto& p) { return p.sent + 20ms; });
  for (int i = 0; i < 300; ++i)
    lab.carry("a",
              "b",
              Time{1s} + Duration{static_cast<std::int64_t>(random.unit() * 10e9)},
              lab.random_payload(128 + random.below(1100)));
  const auto verdict = lab.judge(probes);
  EXPECT_GE(verdict.unidentified, 95U) << describe(verdict);
  EXPECT_FALSE(verdict.proven);
}

TEST(Judge, OneSymbolIsNoCode) {
  // By chance only probes of one symbol arrived, by no way that is seen, amid a stream of frames
  // that all fit them.
  SyntheticLab lab;
  const auto probes = track(100, [&](const auto& p) -> std::optional<Time> {
    if (p.length != 512) return std::nullopt;
    return p.sent + 20ms;
  });
  for (int i = 0; i < 2000; ++i)
    lab.carry("a", "b", Time{1s} + i * 5ms, lab.random_payload(600));
  const auto verdict = lab.judge(probes);
  EXPECT_GE(verdict.unidentified, 5U);
  EXPECT_TRUE(std::ranges::none_of(verdict.probes, &ProbeVerdict::identified)) << describe(verdict);
}

TEST(Judge, AFrameBringsOneProbeOnly) {
  // Each second probe takes the relay and arrives when the next, direct one is under way already.
  SyntheticLab lab;
  const auto probes = track(100, [&](const auto& p) {
    const bool relayed = p.sequence % 2 == 0;
    return lab.travel({.way = relayed ? Way::via_r : Way::direct,
                       .sent = p.sent,
                       .length = p.length,
                       .leg = relayed ? 55ms : 30ms});
  });
  const auto verdict = lab.judge(probes);
  for (const auto& probe : verdict.probes)
    EXPECT_EQ(probe.path, probe.sequence % 2 == 0 ? via_r : direct) << "probe " << probe.sequence;
}

TEST(Judge, AShortRelayedPhaseIsSeen) {
  SyntheticLab lab;
  const auto probes = track(50, [&](const auto& p) {
    return lab.travel(
        {.way = p.sequence < 2 ? Way::via_r : Way::direct, .sent = p.sent, .length = p.length});
  });
  const auto verdict = lab.judge(probes);
  ASSERT_EQ(verdict.timeline.size(), 2U) << describe(verdict);
  EXPECT_EQ(verdict.timeline[0].path, via_r);
  EXPECT_EQ(verdict.timeline[0].probes, 2U);
  EXPECT_EQ(verdict.settled, direct);
}

TEST(Judge, AHairpinIsDirectAndANeighbourIsLocal) {
  SyntheticLab lab; // C moves in with A
  lab.add_port("home-a", "c.eth0");
  const auto hairpin = track(
      30,
      [&](const auto& p) {
        const auto payload = lab.random_payload(p.length + 60);
        lab.put({.segment = "home-a",
                 .from = "a.eth0",
                 .to = "gw-a.inside0",
                 .time = p.sent + 3ms,
                 .payload = payload});
        lab.put({.segment = "home-a",
                 .from = "gw-a.inside0",
                 .to = "c.eth0",
                 .time = p.sent + 3ms,
                 .payload = payload});
        return p.sent + 4ms;
      },
      "a",
      "c");
  expect_all(lab.judge(hairpin), direct, 30);

  SyntheticLab home;
  home.add_port("home-a", "c.eth0");
  const auto neighbour = track(
      30,
      [&](const auto& p) {
        home.put({.segment = "home-a",
                  .from = "a.eth0",
                  .to = "c.eth0",
                  .time = p.sent + 3ms,
                  .payload = home.random_payload(p.length + 60)});
        return p.sent + 4ms;
      },
      "a",
      "c");
  expect_all(home.judge(neighbour), local, 30);
}

TEST(Judge, TwoPublicMachinesAreDirectNotLocal) {
  SyntheticLab lab;
  const auto probes = track(
      30,
      [&](const auto& p) {
        return lab.travel({.from = "r", .to = "c", .sent = p.sent, .length = p.length});
      },
      "r",
      "c");
  expect_all(lab.judge(probes), direct, 30);
}

TEST(Judge, NothingArrivesIsUnreachable) {
  SyntheticLab lab;
  const auto probes = track(30, [&](const auto& p) -> std::optional<Time> {
    lab.carry_in_vain("a", "b", p.sent + 10ms, lab.random_payload(p.length + 60));
    return std::nullopt;
  });
  const auto verdict = lab.judge(probes);
  ASSERT_EQ(verdict.timeline.size(), 1U);
  EXPECT_EQ(verdict.timeline[0].path, Path{});
  EXPECT_EQ(verdict.timeline[0].probes, 30U);
  EXPECT_EQ(verdict.settled.kind, PathKind::unreachable);
  EXPECT_TRUE(verdict.proven);
  EXPECT_EQ(verdict.unidentified, 0U);
}

TEST(Judge, AnUnknownMachineIsAnError) {
  SyntheticLab lab;
  EXPECT_THROW(lab.judge({.from = "a", .to = "z", .probes = {}}), Error);
}

TEST(Judge, CapturesThatAreMissingAreAnErrorWhenSomethingArrived) {
  auto probe = probe_number(0);
  probe.received = probe.sent + 10ms;
  EXPECT_THROW(
      judge("/nonexistent", SyntheticLab::machines(), {.from = "a", .to = "b", .probes = {probe}}),
      Error);
}

/// Any way for each probe, at random, with loss, jitter, noise and copies in vain: told exactly.
TEST(Judge, RecoversRandomPathsExactly) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SyntheticLab lab(seed);
    Random random(seed * 977);
    std::vector<std::optional<Path>> truth;
    const auto send = [&](const ProbeRecord& p) -> std::optional<Time> {
      truth.emplace_back(std::nullopt);
      const auto payload = lab.random_payload(p.length + 60);
      if (random.below(4) == 0) lab.carry_in_vain("a", "b", p.sent + 4ms, payload);
      if (random.below(10) == 0) return std::nullopt;
      const auto way = static_cast<Way>(random.below(3));
      truth.back() = path_of(way);
      const std::size_t overhead = way == Way::direct ? 60 : 92;
      return lab.travel({.way = way,
                         .sent = p.sent,
                         .length = p.length,
                         .overhead = overhead,
                         .leg = 1ms + random.below(30) * 1ms,
                         .forwarded_as_is = random.below(2) == 0});
    };
    const auto verdict = lab.judge(track(300, send));
    EXPECT_EQ(verdict.unidentified, 0U) << "seed " << seed;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto& probe = verdict.probes[i];
      EXPECT_EQ(probe.identified, truth[i].has_value()) << "seed " << seed << ", probe " << i;
      EXPECT_EQ(probe.path, truth[i].value_or(Path{})) << "seed " << seed << ", probe " << i;
    }
  }
}

} // namespace
} // namespace hermesh
