// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "unit/vpn/fake_machine.hh"
#include "vpn/deployment.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hermesh {
namespace {

using Lines = std::vector<std::string>;
using testing::FakeMachine;

const VpnSpec vpn{.name = "some", .description = "", .folder = "", .overlay = "", .peer = {}};
const NodeDeployment node{.machine = "a",
                          .files = {{.target = "/run/hermesh/some/config", .content = "x"}},
                          .setup = {{.argv = {"ip", "link", "add"}}},
                          .daemon = {"/usr/bin/some", "-f"},
                          .teardown = {{.argv = {"ip", "link", "delete"}}}};

std::string complaint(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(StartVpn, PushesSetsUpAndStarts) {
  FakeMachine machine;
  start_vpn(machine, vpn, node);
  EXPECT_EQ(machine.done,
            (Lines{"push /run/hermesh/some/config",
                   "ip link add",
                   "/usr/lib/hermesh/daemon start some -- /usr/bin/some -f"}));
}

TEST(StartVpn, AsksNothingOfAMachineThatDoesNothing) {
  FakeMachine machine;
  start_vpn(machine, vpn, {.machine = "a"});
  stop_vpn(machine, vpn, {.machine = "a"});
  EXPECT_EQ(daemon_obituary(machine, vpn, {.machine = "a"}), "");
  EXPECT_EQ(machine.done, Lines{});
}

TEST(StartVpn, AFailedSetupIsAnErrorInTheProgramsWords) {
  FakeMachine machine;
  machine.answer = [](const Command&) { return Exit{.code = 2, .diagnostics = "no such module"}; };
  const auto said = complaint([&] { start_vpn(machine, vpn, node); });
  EXPECT_TRUE(said.starts_with("a: ip link add: ")) << said;
  EXPECT_NE(said.find("no such module"), std::string::npos) << said;
  EXPECT_EQ(machine.done.size(), 2U) << "the daemon is not started";
}

TEST(KillDaemon, KillsTheGroupAndStartsItAgain) {
  FakeMachine machine;
  machine.answer = [](const Command& command) {
    return Exit{.output = command.argv[1] == "status" ? "running 412\n" : ""};
  };
  kill_daemon(machine, vpn);
  start_daemon(machine, vpn, node);
  EXPECT_EQ(machine.done,
            (Lines{"/usr/lib/hermesh/daemon status some",
                   "kill -KILL -- -412",
                   "/usr/lib/hermesh/daemon start some -- /usr/bin/some -f"}));
}

TEST(KillDaemon, OneThatDoesNotRunIsAnError) {
  FakeMachine machine;
  machine.answer = [](const Command&) { return Exit{.code = 1, .output = "exited 3\n"}; };
  EXPECT_NE(complaint([&] { kill_daemon(machine, vpn); }).find("exited 3"), std::string::npos);
}

TEST(StopVpn, GoesBackInOppositeOrder) {
  FakeMachine machine;
  stop_vpn(machine, vpn, node);
  EXPECT_EQ(machine.done,
            (Lines{"/usr/lib/hermesh/daemon stop some",
                   "ip link delete",
                   "rm -rf -- /run/hermesh/some"}));
}

TEST(StopVpn, GoesOnAfterAFailureAndTellsTheFirst) {
  FakeMachine machine;
  machine.answer = [](const Command& command) {
    return Exit{.code = 1, .diagnostics = command.argv[0] + " failed"};
  };
  const auto said = complaint([&] { stop_vpn(machine, vpn, node); });
  EXPECT_EQ(machine.done.size(), 3U);
  EXPECT_NE(said.find("stop some on a"), std::string::npos) << said;
  EXPECT_NE(said.find("/usr/lib/hermesh/daemon failed"), std::string::npos) << said;
}

TEST(DaemonObituary, IsEmptyWhileItRuns) {
  FakeMachine machine;
  machine.answer = [](const Command&) { return Exit{.output = "running 123\n"}; };
  EXPECT_EQ(daemon_obituary(machine, vpn, node), "");
}

TEST(DaemonObituary, TellsHowItEndedWithItsLastWords) {
  FakeMachine machine;
  machine.answer = [](const Command& command) {
    if (command.argv[1] == "status") return Exit{.code = 1, .output = "exited 127\n"};
    return Exit{.output = "1\n2\n\n3\n4\n5\nsome: not found\n"};
  };
  EXPECT_EQ(daemon_obituary(machine, vpn, node),
            "the daemon of some on a ended with exit code 127; its log ends: 2 | 3 | 4 | 5 | some: "
            "not found");
}

TEST(DaemonObituary, TellsWhenItIsAbsentOrSilent) {
  FakeMachine machine;
  machine.answer = [](const Command&) { return Exit{.code = 2, .output = "absent\n"}; };
  EXPECT_EQ(daemon_obituary(machine, vpn, node), "the daemon of some on a was never started");
  machine.answer = [](const Command& command) {
    return command.argv[1] == "status" ? Exit{.code = 1, .output = "exited 0\n"} : Exit{};
  };
  EXPECT_EQ(daemon_obituary(machine, vpn, node),
            "the daemon of some on a ended with exit code 0; its log is empty");
}

TEST(DaemonObituary, CutsALongLine) {
  FakeMachine machine;
  machine.answer = [](const Command& command) {
    if (command.argv[1] == "status") return Exit{.code = 1, .output = "exited 1\n"};
    return Exit{.output = std::string(100000, 'x') + "end"};
  };
  const auto said = daemon_obituary(machine, vpn, node);
  EXPECT_LT(said.size(), 1000U);
  EXPECT_TRUE(said.ends_with("xend"));
}

} // namespace
} // namespace hermesh
