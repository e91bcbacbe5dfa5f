// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "probe/protocol.hh"
#include "probe/server.hh"
#include "probe/socket.hh"
#include "runner/probe_clock.hh"
#include "runner/probe_session.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <thread>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// The real probe program's server in a thread, on a stream as a machine would give it.
class Guest {
public:
  Guest() {
    std::signal(SIGPIPE, SIG_IGN); // as the program does that runs a server
    std::array<int, 2> ends{};
    check("socketpair",
          ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()));
    host_ = Fd{ends[0]};
    guest_ = Fd{ends[1]};
    thread_ = std::thread(
        [this] { probe::Server(guest_.get(), guest_.get(), probe::Server::Host::once).run(); });
  }
  ~Guest() { end(); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  Fd stream() { return std::move(host_); }
  void say(const std::string& text) {
    check("write", ::write(guest_.get(), text.data(), text.size()));
  }
  void end() {
    host_ = Fd{};
    ::shutdown(guest_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

private:
  Fd host_;
  Fd guest_;
  std::thread thread_;
};

/// A fabric's clock that began long after the host's.
Time fabric_now() {
  return Time{probe::monotonic_now()} - Time{12345s};
}

std::uint16_t free_port() {
  return probe::port_of(
      probe::local_address(probe::udp_socket(probe::socket_address("127.0.0.1", 0))));
}

ProbeOptions options(const char* target = "127.0.0.1") {
  return {.requester = "a",
          .responder = "b",
          .target = *Address::parse(target),
          .port = free_port(),
          .interval = 5ms,
          .seed = 42,
          .stream = 77,
          .now = fabric_now};
}

void pump_until(ProbeSession& session, std::uint32_t answered) {
  const auto deadline = fabric_now() + 30s;
  while (session.answered() < answered && fabric_now() < deadline)
    session.pump(10ms);
  ASSERT_GE(session.answered(), answered);
}

TEST(ProbeSession, TracksBothDirectionsOnTheFabricsClock) {
  Guest a;
  Guest b;
  const auto begin = fabric_now();
  ProbeSession session(a.stream(), b.stream(), options());
  pump_until(session, 20);
  session.stop();
  const auto end = fabric_now();
  const auto slack = session.clock_uncertainty() * 2;
  EXPECT_GT(session.clock_uncertainty(), 0ns);
  const auto there = session.there();
  const auto back = session.back();
  EXPECT_EQ(there.from, "a");
  EXPECT_EQ(there.to, "b");
  EXPECT_EQ(back.from, "b");
  ASSERT_GE(there.probes.size(), 20U);
  ASSERT_GE(back.probes.size(), 20U);
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto& request = there.probes[i];
    const auto& reply = back.probes[i];
    EXPECT_EQ(request.sequence, i);
    EXPECT_EQ(request.length, probe::code_length(42, i, 0));
    EXPECT_EQ(reply.length, probe::code_length(42, i, 1));
    ASSERT_TRUE(request.received && reply.received);
    EXPECT_GE(request.sent, begin - slack);
    EXPECT_LE(request.sent, *request.received + slack);
    EXPECT_LE(*request.received, reply.sent + slack);
    EXPECT_LE(reply.sent, *reply.received + slack);
    EXPECT_LE(*reply.received, end + slack);
  }
  EXPECT_EQ(session.sent_between(begin - slack, end), session.sent());
  EXPECT_EQ(session.answered_between(begin - slack, end), session.answered());
  EXPECT_EQ(session.sent_between(end + 1s, end + 2s), 0U);
  EXPECT_LE(*session.last_answer(), end + slack);
}

TEST(ProbeSession, StopIsTheEnd) {
  Guest a;
  Guest b;
  ProbeSession session(a.stream(), b.stream(), options());
  pump_until(session, 3);
  session.stop();
  const auto sent = session.sent();
  session.pump(50ms);
  EXPECT_EQ(session.sent(), sent);
}

TEST(ProbeSession, ProbesThatDoNotArriveAreLostOnlyAfterASecond) {
  Guest a;
  Guest b;
  // The kernel refuses broadcasts without SO_BROADCAST: each is "sent" with an error and never
  // arrives.
  ProbeSession session(a.stream(), b.stream(), options("255.255.255.255"));
  const auto deadline = fabric_now() + 30s;
  while (session.there().probes.empty() && fabric_now() < deadline)
    session.pump(50ms);
  const auto now = fabric_now();
  const auto track = session.there();
  ASSERT_FALSE(track.probes.empty());
  for (const auto& probe : track.probes) {
    EXPECT_FALSE(probe.received);
    EXPECT_LE(probe.sent, now - 1s + session.clock_uncertainty());
  }
  EXPECT_LT(track.probes.size(), session.sent());
  EXPECT_EQ(session.answered(), 0U);
  EXPECT_FALSE(session.last_answer());
  EXPECT_TRUE(session.back().probes.empty());
}

TEST(ProbeSession, IgnoresWhatAnEarlierSessionLeftInTheStream) {
  Guest a;
  Guest b;
  a.say("q\":5,\"time\":1}\n{\"event\":\"sent\",\"stream\":77,\"seq\":99,\"time\":1,\"length\":128,"
        "\"error\":0}\n"
        "{\"id\":1,\"ok\":true}\n");
  ProbeSession session(a.stream(), b.stream(), options());
  pump_until(session, 1);
  for (const auto& probe : session.there().probes)
    EXPECT_NE(probe.sequence, 99U);
}

TEST(ProbeSession, AStreamThatEndsIsAnErrorThatNamesTheMachine) {
  Guest a;
  Guest b;
  ProbeSession session(a.stream(), b.stream(), options());
  b.end();
  try {
    session.pump(20s);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the probe program on machine 'b': its stream has ended");
  }
}

TEST(ProbeSession, ARefusalSaysWhy) {
  Guest a;
  Guest b;
  auto taken = options();
  const auto holder = probe::udp_socket(probe::socket_address("0.0.0.0", taken.port));
  try {
    ProbeSession session(a.stream(), b.stream(), taken);
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("machine 'b'"), std::string::npos) << said;
    EXPECT_NE(said.find("Address already in use"), std::string::npos) << said;
  }
}

TEST(ProbeSession, LostEventsAreAnErrorNotLostProbes) {
  Guest a;
  Guest b;
  ProbeSession session(a.stream(), b.stream(), options());
  pump_until(session, 1);
  a.say("\n{\"event\":\"dropped\",\"count\":3}\n");
  EXPECT_THROW(session.pump(20s), Error);
}

TEST(ProbeClock, FollowsDriftBetweenItsBestExchanges) {
  ProbeClock clock;
  // The guest began 100 s before the fabric and runs 0.1 % fast; one exchange a second.
  const auto guest_at = [](Time fabric) { return Time{100s} + fabric + fabric / 1000; };
  for (int i = 0; i < 60; ++i) {
    const Time middle = Time{1s} * i;
    const Duration half =
        i % 5 == 2 ? Duration{100us} : Duration{15ms}; // one quiet exchange in five
    const auto asymmetry = half / 2;                   // the answer's way was the longer one
    clock.add(middle - half, guest_at(middle - asymmetry), middle + half);
  }
  EXPECT_LE(clock.uncertainty(), 15ms);
  for (int i = 5; i < 55; ++i) {
    const Time fabric = Time{1s} * i;
    EXPECT_NEAR(static_cast<double>((clock.to_fabric(guest_at(fabric)) - fabric).count()), 0, 1e6)
        << "second " << i;
  }
}

TEST(ProbeClock, AGuestThatStoodStillJumpsAndDoesNotDrift) {
  ProbeClock clock;
  const auto exchange = [&](Time guest, Duration offset) {
    clock.add(guest + offset - 1ms, guest, guest + offset + 1ms);
  };
  exchange(1s, 10s);
  exchange(2s, 10s);
  clock.stood_still(13s, 43s); // at 3 s of its own
  exchange(3500ms, 40s);
  exchange(4s, 40s);
  EXPECT_EQ(clock.to_fabric(2900ms), 12900ms);
  EXPECT_EQ(clock.to_fabric(3100ms), 43100ms);
  EXPECT_EQ(clock.to_fabric(4s), 44s);
  EXPECT_LE(clock.uncertainty(), 1ms);
}

TEST(ProbeClock, AnAnswerThatLayUnreadChangesNothing) {
  ProbeClock clock;
  clock.add(10s, 110s, 10s + 2ms);
  clock.add(20s, 120s, 50s);
  EXPECT_EQ(clock.uncertainty(), 1ms);
  EXPECT_EQ(clock.to_fabric(130s), 30s + 1ms);
}

} // namespace
} // namespace hermesh
