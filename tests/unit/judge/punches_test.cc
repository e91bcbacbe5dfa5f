// SPDX-License-Identifier: MIT
#include "judge/punches.hh"
#include "punch/message.hh"
#include "synthetic_lab.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using punch::Message;
using testing::SyntheticLab;

constexpr std::uint64_t session = 3;

SyntheticLab::Payload bytes_of(Message::Kind kind, std::uint8_t side, std::uint32_t sequence) {
  const auto encoded =
      punch::encode({.kind = kind, .side = side, .session = session, .sequence = sequence});
  return {encoded.begin(), encoded.end()};
}

SyntheticLab::Payload punch_of(std::uint8_t side, std::uint32_t sequence = 1) {
  return bytes_of(Message::Kind::punch, side, sequence);
}
SyntheticLab::Payload answer_of(std::uint8_t side, std::uint32_t sequence = 1) {
  return bytes_of(Message::Kind::answer, side, sequence);
}

PunchOnTheWire seen(SyntheticLab& lab) {
  return judge_punches(lab.write(), "a", "b")[session];
}

TEST(Punches, AnAnswerThatArrivedIsADirectPath) {
  SyntheticLab lab;
  lab.carry("a", "b", 1s, punch_of(0));
  lab.carry("b", "a", 1s + 10ms, answer_of(1));
  const auto wire = seen(lab);
  EXPECT_EQ(wire, (PunchOnTheWire{.punches_to_b = 1, .answers_to_a = 1}));
  EXPECT_TRUE(wire.direct());
}

TEST(Punches, OneWayIsNone) {
  SyntheticLab lab;
  lab.carry("a", "b", 1s, punch_of(0));
  lab.carry_in_vain("b", "a", 1s + 10ms, answer_of(1));
  const auto wire = seen(lab);
  EXPECT_EQ(wire, (PunchOnTheWire{.punches_to_b = 1}));
  EXPECT_FALSE(wire.direct());
}

/// A forger on the segment cannot make a path: what counts has left the other's card.
TEST(Punches, WhatNobodySentDidNotArrive) {
  SyntheticLab lab;
  lab.carry("r", "a", 1s, answer_of(1));
  EXPECT_FALSE(seen(lab).direct());
}

TEST(Punches, OneSegmentIsWayEnough) {
  SyntheticLab lab;
  for (const auto& [from, to, payload] :
       {std::tuple{"c", "r", punch_of(0)}, std::tuple{"r", "c", answer_of(1)}})
    lab.carry(from, to, 1s, payload);
  const auto wire = judge_punches(lab.write(), "c", "r")[session];
  EXPECT_EQ(wire, (PunchOnTheWire{.punches_to_b = 1, .answers_to_a = 1}));
}

TEST(Punches, ASegmentOfTcpMayCarryTwo) {
  SyntheticLab lab;
  auto both = punch_of(1, 4);
  const auto second = answer_of(1, 7);
  both.insert(both.end(), second.begin(), second.end());
  lab.carry("b", "a", 1s, both, true);
  EXPECT_EQ(seen(lab), (PunchOnTheWire{.punches_to_a = 1, .answers_to_a = 1}));
}

} // namespace
} // namespace hermesh
