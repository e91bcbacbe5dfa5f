// SPDX-License-Identifier: MIT
#include "base/clock.hh"
#include "base/command.hh"
#include "base/sync.hh"
#include "base/temp_dir.hh"
#include "machine/processes.hh"
#include "machine/reaper.hh"
#include "unit/machine/stand_in.hh"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <sstream>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// A grandchild that daemonised as libvirt's QEMUs do: its parent led a new session and ended.
pid_t start_daemon(const std::string& script) {
  HostExecutor host;
  const auto line = "(" + script + ") </dev/null >/dev/null 2>&1 & echo $!";
  const auto exit = host.run({.argv = {"setsid", "--wait", "sh", "-c", line}}, 20s);
  pid_t pid = 0;
  std::istringstream(exit.output) >> pid;
  return pid;
}

TEST(Reaper, TellsHowAWatchedDaemonEnded) {
  Reaper reaper;
  Sync<std::string> told;
  const auto pid = start_daemon("exec sleep 600");
  ASSERT_GT(pid, 0);
  reaper.watch(pid, [&](const std::string& how) { told.with([&](auto& text) { text = how; }); });
  ::kill(pid, SIGKILL);
  SteadyClock clock;
  const auto how = wait_for("the end", 30s, clock, [&]() -> std::optional<std::string> {
    auto text = told.with([](auto& value) { return value; });
    return text.empty() ? std::nullopt : std::optional(text);
  });
  EXPECT_EQ(how, "signal 9");
  EXPECT_EQ(process_state(pid), std::nullopt);
}

TEST(Reaper, WhileBusyReapsDaemonsThatNobodyRegistered) {
  Reaper reaper;
  const Reaper::Busy busy(reaper);
  const auto pid = start_daemon("exit 1");
  ASSERT_GT(pid, 0);
  SteadyClock clock;
  wait_for("the zombie's end", 30s, clock, [&] {
    return process_state(pid) ? std::nullopt : std::optional(true);
  });
}

TEST(Reaper, LeavesChildrenOfOthersAlone) {
  Reaper reaper;
  const Reaper::Busy busy(reaper);
  HostExecutor host;
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(host.run({.argv = {"sh", "-c", "exit 7"}}, 20s).code, 7);
  const TempDir folder;
  const auto pid = hermesh::testing::start_stand_in(folder.path().string()); // leads a session
  ::kill(pid, SIGKILL);
  start_daemon("exit 0"); // gives the reaper something to do in between
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
}

} // namespace
} // namespace hermesh
