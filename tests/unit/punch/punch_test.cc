// SPDX-License-Identifier: MIT
#include "punch/puncher.hh"
#include "punch/rendezvous.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh::punch {
namespace {

using namespace std::chrono_literals;

Endpoint at(std::string_view address, std::uint16_t port) {
  return {.address = Address::parse(address).value(), .port = port};
}

const Endpoint server = at("80.100.0.10", 3478);
const Endpoint peer = at("80.100.0.2", 6000);

Message from_peer(Message::Kind kind, std::uint32_t sequence = 0) {
  return {.kind = kind, .side = 1, .session = 7, .sequence = sequence};
}

Puncher introduced() {
  Puncher puncher({.session = 7, .side = 0, .server = server, .rounds = 3});
  puncher.advance(0ms);
  auto introduction = from_peer(Message::Kind::introduction);
  introduction.side = 0;
  introduction.other = peer;
  puncher.receive(server, introduction);
  return puncher;
}

TEST(Message, IsReadAsItWasWritten) {
  const Message message{.kind = Message::Kind::introduction,
                        .side = 1,
                        .session = 0x0123456789abcdefULL,
                        .sequence = 0xfedcba98U,
                        .other = at("3fff::1", 65535)};
  EXPECT_EQ(decode(encode(message)), message);
}

TEST(Message, WhatIsNoneIsRefused) {
  const auto good = encode({.kind = Message::Kind::punch});
  EXPECT_TRUE(decode(good));
  for (const std::size_t length : {0U, 1U, 39U})
    EXPECT_FALSE(decode(std::span(good).first(length)));
  for (const auto& [place, value] : {std::pair(0, 0x00), {4, 0x04}, {5, 0x02}, {6, 0x01}}) {
    auto bad = good;
    bad.at(static_cast<std::size_t>(place)) = static_cast<std::byte>(value);
    EXPECT_FALSE(decode(bad)) << place;
  }
}

TEST(Puncher, EnrolsUntilItIsIntroduced) {
  Puncher puncher({.session = 7, .side = 0, .server = server, .interval = 10ms});
  for (const auto now : {0ms, 10ms, 20ms}) {
    const auto out = puncher.advance(now);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].to, server);
    EXPECT_EQ(out[0].message.kind, Message::Kind::enrol);
    EXPECT_TRUE(puncher.advance(now + 5ms).empty());
  }
}

TEST(Puncher, OnlyItsServerIntroduces) {
  Puncher puncher({.session = 7, .side = 0, .server = server});
  auto introduction = from_peer(Message::Kind::introduction);
  introduction.other = peer;
  puncher.receive(at("80.100.0.66", 3478), introduction);
  EXPECT_FALSE(puncher.told());
  puncher.receive(server, introduction);
  EXPECT_EQ(puncher.told(), peer);
}

TEST(Puncher, PunchesTheEndpointItWasToldAndThenIsSpent) {
  auto puncher = introduced();
  unsigned punches = 0;
  for (Time now{0}; now < 2s; now += 20ms)
    for (const auto& out : puncher.advance(now)) {
      EXPECT_EQ(out.to, peer);
      EXPECT_EQ(out.message.kind, Message::Kind::punch);
      ++punches;
    }
  EXPECT_EQ(punches, 3U);
  EXPECT_TRUE(puncher.spent());
  EXPECT_FALSE(puncher.reached());
}

TEST(Puncher, AnswersWhereAPunchCameFromAndPunchesThereToo) {
  auto puncher = introduced();
  const auto elsewhere = at("80.100.0.2", 7777);
  const auto answer = puncher.receive(elsewhere, from_peer(Message::Kind::punch, 5));
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].to, elsewhere);
  EXPECT_EQ(answer[0].message.sequence, 5U);
  EXPECT_EQ(answer[0].message.kind, Message::Kind::answer);
  const auto next = puncher.advance(40ms);
  EXPECT_TRUE(std::ranges::any_of(next, [&](const auto& out) { return out.to == elsewhere; }));
}

TEST(Puncher, OnlyAnAnswerOfTheOtherSideReaches) {
  auto puncher = introduced();
  auto own = from_peer(Message::Kind::answer);
  own.side = 0;
  puncher.receive(peer, own);
  EXPECT_FALSE(puncher.reached());
  auto stranger = from_peer(Message::Kind::answer);
  stranger.session = 8;
  puncher.receive(peer, stranger);
  EXPECT_FALSE(puncher.reached());
  puncher.receive(peer, from_peer(Message::Kind::answer));
  EXPECT_EQ(puncher.reached(), peer);
}

/// Of a path that is kept: introduced, and answered at 100 ms.
Puncher keeping() {
  Puncher puncher({.session = 7, .side = 0, .server = server, .rounds = 1000, .lost_after = 1s});
  puncher.advance(0ms);
  auto introduction = from_peer(Message::Kind::introduction);
  introduction.other = peer;
  puncher.receive(server, introduction);
  puncher.advance(100ms);
  puncher.receive(peer, from_peer(Message::Kind::answer));
  return puncher;
}

bool asks_the_server(const std::vector<Datagram>& out) {
  return std::ranges::any_of(out, [](const Datagram& one) {
    return one.to == server && one.message.kind == Message::Kind::enrol;
  });
}

TEST(Puncher, AKeptPathIsLostWhenAnswersStayAway) {
  auto puncher = keeping();
  EXPECT_FALSE(asks_the_server(puncher.advance(1s)));
  EXPECT_EQ(puncher.reached(), peer);
  EXPECT_TRUE(asks_the_server(puncher.advance(1200ms)));
  EXPECT_FALSE(puncher.reached());
}

TEST(Puncher, ALostPathIsLookedForWhereTheServerSaysNow) {
  auto puncher = keeping();
  auto introduction = from_peer(Message::Kind::introduction);
  introduction.other = at("80.100.0.2", 7777);
  puncher.receive(server, introduction);
  EXPECT_EQ(puncher.told(), peer) << "nothing is lost yet";
  puncher.advance(1200ms);
  puncher.receive(server, introduction);
  EXPECT_EQ(puncher.told(), introduction.other);
  const auto out = puncher.advance(1300ms);
  EXPECT_TRUE(
      std::ranges::any_of(out, [&](const Datagram& one) { return one.to == introduction.other; }));
  puncher.receive(introduction.other, from_peer(Message::Kind::answer));
  EXPECT_EQ(puncher.reached(), introduction.other);
  EXPECT_FALSE(asks_the_server(puncher.advance(1400ms)));
}

TEST(Puncher, AKeptPathFollowsThePeer) {
  auto puncher = keeping();
  puncher.receive(at("80.100.0.9", 5), from_peer(Message::Kind::answer));
  EXPECT_EQ(puncher.reached(), at("80.100.0.9", 5));
}

TEST(Rendezvous, IntroducesWhoHasEnrolled) {
  Rendezvous rendezvous;
  const auto a = at("80.100.0.1", 1);
  const Message from_a{.side = 0, .session = 7};
  const Message from_b{.side = 1, .session = 7};
  EXPECT_EQ(rendezvous.receive(a, from_a)->message.other.port, 0);
  EXPECT_EQ(rendezvous.receive(peer, from_b)->message.other, a);
  EXPECT_EQ(rendezvous.receive(a, from_a)->message.other, peer);
  EXPECT_EQ(rendezvous.receive(a, {.side = 0, .session = 8})->message.other.port, 0);
}

TEST(Rendezvous, ForgetsTheOldestSessions) {
  Rendezvous rendezvous;
  for (std::uint64_t session = 0; session <= Rendezvous::most_sessions; ++session)
    rendezvous.receive(peer, {.side = 1, .session = session});
  EXPECT_EQ(rendezvous.receive(server, {.side = 0, .session = 0})->message.other.port, 0);
  EXPECT_EQ(
      rendezvous.receive(server, {.side = 0, .session = Rendezvous::most_sessions})->message.other,
      peer);
}

} // namespace
} // namespace hermesh::punch
