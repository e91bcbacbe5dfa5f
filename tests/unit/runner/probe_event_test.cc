// SPDX-License-Identifier: MIT
//
// What a guest says through its probe program is read as if an enemy had written it.
#include "base/error.hh"
#include "runner/probe_event.hh"
#include "runner/probe_link.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace hermesh {
namespace {

using nlohmann::json;

json sent() {
  return {{"event", "sent"}, {"stream", 1}, {"seq", 7}, {"time", 5000}, {"length", 128}};
}

std::string complaint(const json& said) {
  try {
    read_probe_event(said, "a");
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(ProbeEvent, IsReadWhole) {
  EXPECT_EQ(read_probe_event(sent(), "a"),
            (ProbeEvent{.kind = ProbeEvent::Kind::sent,
                        .stream = 1,
                        .sequence = 7,
                        .time = Time{5000},
                        .length = 128}));
}

TEST(ProbeEvent, OddFieldsAreErrorsThatNameTheMachine) {
  for (const auto* field : {"event", "stream", "seq", "time", "length"})
    for (const json& odd : {json(), json(-1), json(1.5), json(json::array()), json(UINT64_MAX)}) {
      auto said = sent();
      said[field] = odd;
      EXPECT_NE(complaint(said).find("machine 'a'"), std::string::npos) << said;
      said.erase(field);
      EXPECT_NE(complaint(said).find("machine 'a'"), std::string::npos) << said;
    }
  EXPECT_EQ(complaint({{"event", "dropped"}, {"count", 3}}),
            "the probe program on machine 'a' lost 3 events: nobody read them in time");
}

TEST(ProbeEvent, SequencesAndTimesHaveAnEnd) {
  auto said = sent();
  said["seq"] = most_probes;
  EXPECT_EQ(complaint(said), "probe number 1000000: that is too many");
  said = sent();
  said["time"] = INT64_MAX;
  EXPECT_NE(complaint(said).find("wanted 'time'"), std::string::npos);
}

/// A link whose session has begun, and the guest's end.
struct Conversation {
  Conversation() {
    std::array<int, 2> ends{};
    check("socketpair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()));
    guest = Fd{ends[1]};
    link.emplace(
        "a", Fd{ends[0]}, [] { return Time{7}; }, [](const json&) {});
    say("{\"id\":7,\"ok\":true}\n");
  }
  void say(const std::string& text) {
    check("write", ::write(guest.get(), text.data(), text.size()));
    link->read();
  }
  Fd guest;
  std::optional<ProbeLink> link;
};

TEST(ProbeLink, ALineWithoutAnEndIsRefused) {
  Conversation talk;
  ASSERT_TRUE(talk.link->ready());
  const std::string piece(8192, 'x');
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i)
          talk.say(piece);
      },
      Error);
}

TEST(ProbeLink, AnswersThatNobodyAskedForAreForgotten) {
  Conversation talk;
  for (int id = 100; id < 200; ++id)
    talk.say("{\"id\":" + std::to_string(id) + "}\n");
  for (std::uint64_t id = 100; id < 200; ++id)
    EXPECT_FALSE(talk.link->take_answer(id));
  const auto asked = talk.link->send({{"do", "stop"}});
  talk.say("{\"id\":" + std::to_string(asked) + ",\"ok\":true}\n");
  EXPECT_TRUE(talk.link->take_answer(asked));
}

TEST(ProbeLink, AnErrorOfAnyShapeIsAnError) {
  for (const std::string error : {"\"no\"", "7", "null", "[[[]]]"}) {
    Conversation talk;
    const auto asked = talk.link->send({{"do", "stop"}});
    talk.say("{\"id\":" + std::to_string(asked) + ",\"error\":" + error + "}\n");
    EXPECT_THROW(talk.link->take_answer(asked), Error);
  }
}

TEST(ProbeLink, AClockThatNoMachineHasIsAnError) {
  for (const std::string now :
       {"-1", "9223372036854775807", "18446744073709551615", "1.5", "null"}) {
    Conversation talk;
    talk.link->ask_clock();
    EXPECT_THROW(talk.say("{\"id\":8,\"now\":" + now + "}\n"), Error) << now;
  }
}

} // namespace
} // namespace hermesh
