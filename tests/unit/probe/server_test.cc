// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "probe/protocol.hh"
#include "probe/server.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <thread>

namespace hermesh::probe {
namespace {

using nlohmann::json;

constexpr int patience_milliseconds = 20'000; ///< a limit, not an expectation

/// A server in a thread, and the host's end of its control stream.
class Guest {
public:
  Guest() {
    std::signal(SIGPIPE, SIG_IGN); // as the program does that runs a server
    std::array<int, 2> ends{};
    check("socketpair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
    host_ = Fd{ends[0]};
    guest_ = Fd{ends[1]};
    thread_ = std::thread([this] { Server(guest_.get(), guest_.get(), Server::Host::once).run(); });
  }
  ~Guest() {
    host_ = Fd{}; // its end is the server's
    thread_.join();
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  void say(const std::string& text) {
    check("write", ::write(host_.get(), text.data(), text.size()));
  }

  json line() {
    while (lines_.empty())
      read();
    const auto first = lines_.front();
    lines_.pop_front();
    return json::parse(first);
  }

  /// The answer to this; events before it are kept.
  json ask(const json& request) {
    say(request.dump() + "\n");
    while (true) {
      auto next = line();
      if (next.contains("id")) return next;
      events.push_back(std::move(next));
    }
  }

  /// The next event of a kind; others are kept.
  json event(const std::string& kind) {
    while (true) {
      const auto found =
          std::ranges::find_if(events, [&](const json& one) { return one["event"] == kind; });
      if (found == events.end()) {
        events.push_back(line());
        continue;
      }
      auto event = *found;
      events.erase(found);
      return event;
    }
  }

  std::deque<json> events{};

private:
  void read() {
    pollfd readable{host_.get(), POLLIN, 0};
    if (::poll(&readable, 1, patience_milliseconds) != 1) throw Error("the server says nothing");
    std::array<char, 4096> buffer{};
    const auto got = check("read", ::read(host_.get(), buffer.data(), buffer.size()));
    if (got == 0) throw Error("the server has ended");
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
      if (c != '\n') {
        partial_ += c;
        continue;
      }
      lines_.push_back(std::exchange(partial_, {}));
    }
  }

  Fd host_;
  Fd guest_;
  std::thread thread_;
  std::string partial_{};
  std::deque<std::string> lines_{};
};

json respond(const std::string& address) {
  return {{"id", 2}, {"do", "respond"}, {"address", address}, {"port", 0}};
}

json probe(const std::string& to, const json& port, std::uint64_t seed = 42) {
  return {{"id", 3},
          {"do", "probe"},
          {"stream", 9},
          {"to", to},
          {"port", port},
          {"interval_ms", 2},
          {"seed", seed}};
}

void expect_conversation(const std::string& address) {
  Guest a;
  Guest b;
  const auto listening = b.ask(respond(address));
  ASSERT_EQ(listening["ok"], true) << listening;
  ASSERT_EQ(a.ask(probe(address, listening["port"]))["ok"], true);
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto sent = a.event("sent");
    EXPECT_EQ(sent["stream"], 9);
    EXPECT_EQ(sent["seq"], i);
    EXPECT_EQ(sent["length"], code_length(42, i, 0));
    EXPECT_EQ(sent["error"], 0);
    const auto request = b.event("request");
    EXPECT_EQ(request["seq"], i);
    EXPECT_EQ(request["length"], code_length(42, i, 0));
    EXPECT_GE(request["time"], sent["time"]); // one clock here
    const auto replied = b.event("replied");
    EXPECT_EQ(replied["seq"], i);
    EXPECT_EQ(replied["length"], code_length(42, i, 1));
    const auto reply = a.event("reply");
    EXPECT_EQ(reply["seq"], i);
    EXPECT_EQ(reply["length"], code_length(42, i, 1));
    EXPECT_GE(reply["time"], replied["time"]);
  }
}

void expect_punched(const char* transport) {
  constexpr unsigned rounds = 1000; // until it is reached, on a machine of any speed
  Guest a;
  Guest b;
  Guest r;
  const auto port =
      r.ask({{"id", 1}, {"do", "rendezvous"}, {"address", "127.0.0.1"}, {"port", 0}})["port"];
  const auto punch = [&](int side) {
    return json{{"id", 2},
                {"do", "punch"},
                {"session", 5},
                {"side", side},
                {"server", "127.0.0.1"},
                {"port", port},
                {"interval_ms", 2},
                {"rounds", rounds},
                {"transport", transport}};
  };
  EXPECT_EQ(a.ask(punch(0))["ok"], true);
  EXPECT_EQ(b.ask(punch(1))["ok"], true);
  const auto at_a = a.event("punched");
  const auto at_b = b.event("punched");
  EXPECT_EQ(at_a["session"], 5);
  EXPECT_EQ(at_b["side"], 1);
  for (const auto& event : {at_a, at_b}) {
    EXPECT_EQ(event["reached"], event["told"]) << event;
    EXPECT_EQ(event["heard"], event["told"]) << event;
    EXPECT_TRUE(event["told"].get<std::string>().starts_with("127.0.0.1:")) << event;
  }
}

TEST(Server, IntroducesAndPunches) {
  expect_punched("udp");
}

/// Both dial, and are dialled, on one port each.
TEST(Server, IntroducesAndPunchesByTcp) {
  expect_punched("tcp");
}

TEST(Server, AsksAndAnswersOverV4) {
  expect_conversation("127.0.0.1");
}

TEST(Server, AsksAndAnswersOverV6) {
  try {
    udp_socket(socket_address("::1", 0));
  } catch (const Error& error) {
    GTEST_SKIP() << "no IPv6 on this host's loopback: " << error.what();
  }
  expect_conversation("::1");
}

TEST(Server, TellsTheTimeOfItsMonotonicClock) {
  Guest guest;
  const auto before = monotonic_now();
  const auto answer = guest.ask({{"id", 1}, {"do", "clock"}});
  EXPECT_EQ(answer["id"], 1);
  EXPECT_EQ(answer["ok"], true);
  EXPECT_GE(answer["now"], before);
  EXPECT_LE(answer["now"], monotonic_now());
}

TEST(Server, StopEndsEverything) {
  Guest a;
  Guest b;
  const auto listening = b.ask(respond("127.0.0.1"));
  a.ask(probe("127.0.0.1", listening["port"]));
  a.event("reply");
  EXPECT_EQ(a.ask({{"id", 4}, {"do", "stop"}})["ok"], true);
  EXPECT_EQ(b.ask({{"id", 4}, {"do", "stop"}})["ok"], true);
  a.events.clear();
  // Whatever was still to be said would come before this answer.
  a.ask({{"id", 5}, {"do", "clock"}});
  EXPECT_TRUE(a.events.empty());
  // The port is free again.
  EXPECT_NO_THROW(udp_socket(socket_address("127.0.0.1", listening["port"].get<std::uint16_t>())));
}

TEST(Server, TheKernelsRefusalIsAnEventNotAnEnd) {
  Guest a;
  a.ask(probe("255.255.255.255", 7000)); // broadcast: EACCES without SO_BROADCAST (ip(7))
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto sent = a.event("sent");
    EXPECT_EQ(sent["seq"], i);
    EXPECT_EQ(sent["error"], EACCES);
  }
}

TEST(Server, ACopyOfARequestIsReportedButNotAnsweredTwice) {
  Guest b;
  const auto port = b.ask(respond("127.0.0.1"))["port"].get<std::uint16_t>();
  const auto sender = udp_socket(socket_address("127.0.0.1", 0));
  const auto to = socket_address("127.0.0.1", port);
  const auto copy = encode({.stream = 1, .sequence = 7}, 128);
  const auto other = encode({.stream = 1, .sequence = 8}, 128);
  for (const auto* packet : {&copy, &copy, &other})
    ASSERT_EQ(send(sender, *packet, to), 0);
  std::vector<std::string> seen;
  while (seen.size() < 5) {
    const auto event = b.line();
    seen.push_back(event["event"].get<std::string>() + std::to_string(event["seq"].get<int>()));
  }
  EXPECT_EQ(seen,
            (std::vector<std::string>{"request7", "replied7", "request7", "request8", "replied8"}));
}

TEST(Server, BadRequestsAreAnsweredWithAReason) {
  Guest guest;
  const auto refusal = [&](const std::string& line) {
    guest.say(line + "\n");
    const auto answer = guest.line();
    EXPECT_FALSE(answer.contains("ok")) << answer;
    return answer.value("error", "");
  };
  EXPECT_NE(refusal("{"), "");
  EXPECT_EQ(refusal("[]"), "a request is an object");
  EXPECT_EQ(refusal("{\"id\":1}"), "'do' must be a string");
  EXPECT_EQ(refusal(R"({"id":1,"do":"fly"})"),
            "cannot do 'fly', only clock, respond, probe, rendezvous, punch and stop");
  EXPECT_EQ(refusal(R"({"id":1,"do":"respond","address":"nowhere","port":1})"),
            "'nowhere' is no IPv4 or IPv6 address");
  EXPECT_EQ(refusal(R"({"id":1,"do":"respond","address":"0.0.0.0","port":65536})"),
            "'port' must lie in 0..65535");
  EXPECT_EQ(refusal(R"({"id":1,"do":"respond","address":"0.0.0.0","port":-1})"),
            "'port' must lie in 0..65535");
  EXPECT_EQ(refusal(R"({"id":1,"do":"probe","to":"127.0.0.1","port":1,"interval_ms":5,"seed":1})"),
            "'stream' must be an integer");
  EXPECT_EQ(
      refusal(
          R"({"id":1,"do":"probe","stream":1,"to":"127.0.0.1","port":1,"interval_ms":0,"seed":1})"),
      "'interval_ms' must lie in 1..3600000");
  EXPECT_EQ(
      refusal(
          R"({"id":1,"do":"punch","session":1,"side":0,"server":"127.0.0.1","port":1,"interval_ms":5,"rounds":2,"transport":"sctp"})"),
      "'transport' must be udp or tcp");
  EXPECT_NE(refusal("\xff\xfe"), ""); // no UTF-8
  EXPECT_EQ(guest.ask({{"id", 9}, {"do", "clock"}})["id"], 9) << "and the server goes on";
}

TEST(Server, HugeSeedsKeepAll64Bits) {
  Guest a;
  constexpr std::uint64_t seed = 0xfedcba9876543210ULL;
  a.ask(probe("127.0.0.1", 9, seed));
  for (std::uint32_t i = 0; i < 10; ++i)
    EXPECT_EQ(a.event("sent")["length"], code_length(seed, i, 0));
}

TEST(Server, ASecondRequestForAStreamTakesItsPlace) {
  Guest a;
  a.ask(probe("127.0.0.1", 9));
  a.event("sent");
  a.event("sent");
  a.ask(probe("127.0.0.1", 9));
  a.events.clear();
  EXPECT_EQ(a.event("sent")["seq"], 0);
  EXPECT_EQ(a.event("sent")["seq"], 1);
}

} // namespace
} // namespace hermesh::probe
