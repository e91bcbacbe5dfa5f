// SPDX-License-Identifier: MIT
#include "base/clock.hh"
#include "base/command.hh"
#include "base/fd.hh"
#include "base/sync.hh"
#include "base/temp_dir.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s; // far more than a loaded machine needs

Exit run(Command command, std::chrono::milliseconds timeout = patience) {
  return HostExecutor().run(command, timeout);
}

TEST(Command, PrintsAsAShellLine) {
  EXPECT_EQ(to_string(Command{.argv = {"ls", "-l", "a b", "it's", "", "$HOME"}}),
            "ls -l 'a b' 'it'\\''s' '' '$HOME'");
  EXPECT_EQ(to_string(Command{.argv = {"make"}, .env = {{"A", "x y"}}, .cwd = "/tmp/a b"}),
            "cd '/tmp/a b' && A='x y' make");
  EXPECT_EQ(to_string(Command{.argv = {}}), "");
}

TEST(HostExecutor, CollectsBothStreamsAndTheCode) {
  const auto exit = run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 7"}});
  EXPECT_EQ(exit, (Exit{.code = 7, .output = "out\n", .diagnostics = "err\n"}));
  EXPECT_FALSE(exit.ok());
}

TEST(HostExecutor, InputGoesInWholeWhileOutputComesOut) {
  const std::string input(3 << 20, 'x'); // more than any pipe holds
  const auto exit = run({.argv = {"cat"}, .input = input});
  EXPECT_TRUE(exit.ok());
  EXPECT_EQ(exit.output, input);
}

TEST(HostExecutor, AChildThatReadsNothingDoesNotBlock) {
  EXPECT_TRUE(run({.argv = {"true"}, .input = std::string(3 << 20, 'x')}).ok());
}

TEST(HostExecutor, WithoutInputTheChildReadsNothing) {
  EXPECT_EQ(run({.argv = {"cat"}}).output, "");
}

TEST(HostExecutor, EnvironmentAndDirectoryAreTheCommands) {
  const TempDir folder;
  const auto exit = run({.argv = {"sh", "-c", "pwd; echo $GREETING"},
                         .env = {{"GREETING", "hello"}},
                         .cwd = folder.path()});
  EXPECT_EQ(exit.output, std::filesystem::canonical(folder.path()).string() + "\nhello\n");
}

TEST(HostExecutor, AKilledChildIsReportedAsAShellWould) {
  EXPECT_EQ(run({.argv = {"sh", "-c", "kill -TERM $$"}}).code, 128 + SIGTERM);
}

TEST(HostExecutor, ImpatienceKillsTheWholeGroup) {
  const TempDir folder;
  const auto mark = folder.path() / "pid";
  const auto exit =
      run({.argv = {"sh", "-c", "sleep 600 & echo $! > \"$0\"; wait", mark.string()}}, 1s);
  EXPECT_TRUE(exit.timed_out);
  EXPECT_FALSE(exit.ok());
  EXPECT_EQ(exit.code, 128 + SIGKILL);
  pid_t grandchild = 0;
  std::ifstream(mark) >> grandchild;
  ASSERT_GT(grandchild, 0);
  SteadyClock clock;
  const auto gone = [&]() -> std::optional<bool> { // dead, or a zombie that nobody reaps here
    std::ifstream status("/proc/" + std::to_string(grandchild) + "/stat");
    std::string pid;
    std::string name;
    std::string state;
    status >> pid >> name >> state;
    return !status || state == "Z" ? std::optional(true) : std::nullopt;
  };
  EXPECT_NO_THROW(wait_for("the grandchild's end", patience, clock, gone));
}

TEST(HostExecutor, AnUnknownProgramIsAnError) {
  try {
    run({.argv = {"no-such-program-here"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "start no-such-program-here: No such file or directory");
  }
}

TEST(HostExecutor, AGrandchildThatKeepsThePipeDoesNotHoldTheAnswer) {
  const auto begun = std::chrono::steady_clock::now();
  const auto exit = run({.argv = {"sh", "-c", "sleep 600 & echo $!"}});
  EXPECT_TRUE(exit.ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience);
  const auto grandchild = static_cast<pid_t>(std::stol(exit.output));
  ASSERT_GT(grandchild, 1);
  EXPECT_EQ(::kill(grandchild, SIGKILL), 0);
}

TEST(TempDir, IsPrivateAndGoesWithItsOwner) {
  std::filesystem::path path;
  {
    TempDir folder("hermesh-test");
    path = folder.path();
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0700U);
    EXPECT_LT(path.string().size(), 60U);
    std::ofstream(path / "file") << "x";
    std::filesystem::create_directory(path / "folder");
    const TempDir moved = std::move(folder);
    EXPECT_EQ(moved.path(), path);
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TempDir, AssigningGivesTheOldOneUp) {
  TempDir a;
  TempDir b;
  const auto first = a.path();
  const auto second = b.path();
  a = std::move(b);
  EXPECT_EQ(a.path(), second);
  EXPECT_TRUE(std::filesystem::exists(second));
  { const TempDir ends = std::move(b); }
  EXPECT_FALSE(std::filesystem::exists(first));
}

TEST(Fd, ClosesOnce) {
  int raw = -1;
  {
    Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = first.get();
    Fd second = std::move(first);
    EXPECT_FALSE(first); // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_EQ(second.get(), raw);
  }
  EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

class HandClock : public Clock {
public:
  Moment now() const override { return now_; }
  void sleep(std::chrono::milliseconds duration) override { now_ += duration; }

private:
  Moment now_{};
};

TEST(WaitFor, ReturnsWhatWasAwaited) {
  HandClock clock;
  int calls = 0;
  EXPECT_EQ(
      wait_for(
          "three", 1s, clock, [&] { return ++calls == 3 ? std::optional(calls) : std::nullopt; }),
      3);
}

TEST(WaitFor, SaysWhatAndHowLong) {
  HandClock clock;
  try {
    wait_for("the agent of a", 500ms, clock, [] { return std::optional<int>(); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "waited 500 ms for the agent of a");
  }
}

TEST(Sync, GivesTheValueUnderItsLock) {
  Sync<int> number(3);
  number.with([](int& value) { ++value; });
  EXPECT_EQ(number.with([](const int& value) { return value; }), 4);
}

} // namespace
} // namespace hermesh
