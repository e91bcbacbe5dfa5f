// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/fd.hh"
#include "probe/control.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>

namespace hermesh::probe {
namespace {

/// A control stream and its host's end.
struct Wire {
  Fd host;
  Fd guest;
  Control control;

  static Wire make() {
    std::array<int, 2> ends{};
    check("socketpair",
          ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()));
    return {Fd{ends[0]}, Fd{ends[1]}, Control(ends[1], ends[1])};
  }

  void say(const std::string& text) {
    ASSERT_EQ(::write(host.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  std::string heard() {
    std::string all;
    std::array<char, 65536> buffer{};
    while (true) {
      const auto got = ::read(host.get(), buffer.data(), buffer.size());
      if (got <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
};

using Lines = std::vector<std::string>;

TEST(Control, SplitsLinesHoweverTheyArrive) {
  auto wire = Wire::make();
  Lines lines;
  std::size_t too_long = 0;
  wire.say("\none\ntw");
  EXPECT_TRUE(wire.control.read(lines, too_long));
  EXPECT_EQ(lines, Lines{"one"});
  wire.say("o\n\nthree\n");
  EXPECT_TRUE(wire.control.read(lines, too_long));
  EXPECT_EQ(lines, (Lines{"one", "two", "three"}));
  EXPECT_EQ(too_long, 0U);
}

TEST(Control, RefusesALineThatNeverEndsOnceAndGoesOn) {
  auto wire = Wire::make();
  Lines lines;
  std::size_t too_long = 0;
  wire.say(std::string(3 * Control::longest_line, 'x'));
  while (wire.control.read(lines, too_long) && lines.empty()) {
    wire.say("\nnext\n");
  }
  EXPECT_EQ(lines.front(), "next");
  EXPECT_EQ(too_long, 1U);
}

TEST(Control, NothingToReadIsNotTheEndButAClosedHostIs) {
  auto wire = Wire::make();
  Lines lines;
  std::size_t too_long = 0;
  EXPECT_TRUE(wire.control.read(lines, too_long));
  wire.host = Fd{};
  EXPECT_FALSE(wire.control.read(lines, too_long));
}

TEST(Control, DropsTheOldestEventsNeverAnAnswerAndSaysSo) {
  auto wire = Wire::make();
  const std::string filler(1000, 'e');
  wire.control.answer("answer-0");
  constexpr int events = 5000; // five times what may wait
  for (int i = 0; i < events; ++i)
    wire.control.event(std::to_string(i) + ":" + filler);
  wire.control.answer("answer-1");
  std::string all;
  while (wire.control.pending()) {
    ASSERT_TRUE(wire.control.flush());
    all += wire.heard();
  }
  EXPECT_TRUE(all.starts_with("answer-0\n"));
  EXPECT_NE(all.find("answer-1\n"), std::string::npos);
  EXPECT_NE(all.find("\n" + std::to_string(events - 1) + ":"), std::string::npos)
      << "the newest stays";
  EXPECT_EQ(all.find("\n0:"), std::string::npos) << "the oldest goes";
  EXPECT_LT(all.size(), Control::most_queued + 10'000);
  const auto kept = std::count(all.begin(), all.end(), '\n') - 3; // two answers, one "dropped"
  EXPECT_NE(all.find("{\"event\":\"dropped\",\"count\":" + std::to_string(events - kept) + "}\n"),
            std::string::npos);
}

TEST(Control, ALineThatIsHalfOutStaysWhole) {
  auto wire = Wire::make();
  const std::string large(900'000, 'L'); // more than a socket takes at once
  wire.control.event(large);
  ASSERT_TRUE(wire.control.flush());
  ASSERT_TRUE(wire.control.pending());
  for (int i = 0; i < 5000; ++i)
    wire.control.event(std::string(1000, 'e'));
  std::string all;
  while (wire.control.pending()) {
    all += wire.heard();
    ASSERT_TRUE(wire.control.flush());
  }
  all += wire.heard();
  EXPECT_TRUE(all.starts_with(large + "\n"));
}

} // namespace
} // namespace hermesh::probe
