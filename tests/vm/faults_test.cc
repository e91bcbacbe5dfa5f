// SPDX-License-Identifier: MIT
//
// What goes wrong around a trial: killed programs, interrupts, a full disk, a daemon that dies, two
// runs at once. Each ends in bounded time, says what happened, keeps the evidence and leaves
// nothing behind.

#include "base/clock.hh"
#include "base/temp_dir.hh"
#include "vm/background.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Faults : public ::testing::Test {
protected:
  std::vector<std::string> small_trial() const {
    return {"--topology", "public", "--scenario", "none", "--vpn", "internal"};
  }

  /// The machines' names on this host hold the run's id: the end of its directory's name.
  std::string run_id() const {
    for (const auto& entry : fs::directory_iterator(work_.path() / "runs")) {
      const auto name = entry.path().filename().string();
      return name.substr(name.rfind('-') + 1);
    }
    return {};
  }

  /// Starts a trial and waits until a guest of it runs.
  Background start_trial() {
    Background program({"run",
                        "--runs",
                        (work_.path() / "runs").string(),
                        "--topology",
                        "public",
                        "--scenario",
                        "none",
                        "--vpn",
                        "internal"});
    SteadyClock clock;
    wait_for("a guest to run", 120s, clock, [&]() -> std::optional<bool> {
      if (!fs::exists(work_.path() / "runs")) return std::nullopt;
      const auto id = run_id();
      if (id.empty() || qemu_processes("hermesh-" + id).empty()) return std::nullopt;
      return true;
    });
    return program;
  }

  void expect_no_guests_within(std::chrono::seconds patience) {
    SteadyClock clock;
    EXPECT_NO_THROW(
        wait_for("the guests to be gone", patience, clock, [&]() -> std::optional<bool> {
          if (!qemu_processes("hermesh-" + run_id()).empty()) return std::nullopt;
          return true;
        }));
  }

  TempDir work_{"hmtest"};
};

/// Nobody could ever take it down.
TEST_F(Faults, ALabThatStandsInADeletedDirectoryEnds) {
  HERMESH_NEEDS_GUESTS();
  const auto runs = work_.path() / "runs";
  const auto up = call_hermesh({"up",
                                "--runs",
                                runs.string(),
                                "--topology",
                                "public",
                                "--scenario",
                                "none",
                                "--vpn",
                                "internal"});
  ASSERT_EQ(up.status, 0) << up.story();
  const auto id = run_id();
  ASSERT_FALSE(qemu_processes("hermesh-" + id).empty());
  fs::remove_all(runs);
  SteadyClock clock;
  EXPECT_NO_THROW(wait_for("the guests to be gone", 30s, clock, [&]() -> std::optional<bool> {
    if (!qemu_processes("hermesh-" + id).empty()) return std::nullopt;
    return true;
  }));
}

TEST_F(Faults, KillDashNineLeavesNoGuestAndTheNextRunWorks) {
  HERMESH_NEEDS_GUESTS();
  auto program = start_trial();
  program.signal(SIGKILL);
  program.wait(10s);
  expect_no_guests_within(5s);
  const auto next = run_trial(work_.path() / "next", small_trial());
  EXPECT_EQ(next.status, 0) << next.story();
}

TEST_F(Faults, CtrlCTakesEverythingDownAndKeepsTheEvidence) {
  HERMESH_NEEDS_GUESTS();
  auto program = start_trial();
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(60s), 130) << program.output();
  expect_no_guests_within(1s);
  const auto run = fs::directory_iterator(work_.path() / "runs")->path();
  EXPECT_TRUE(fs::exists(run / "result.json"));
  EXPECT_FALSE(fs::is_empty(run / "captures"));
}

TEST_F(Faults, CtrlCDuringTheProbesIsNoFailureOfTheLab) {
  HERMESH_NEEDS_GUESTS();
  auto program = start_trial();
  SteadyClock clock;
  wait_for("the path phase", 120s, clock, [&] {
    return program.output().find("s  path") == std::string::npos ? std::nullopt
                                                                 : std::optional(true);
  });
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(60s), 130) << program.output();
  expect_no_guests_within(1s);
}

/// Its kernel runs a program that never starts an agent.
TEST_F(Faults, AGuestThatNeverAnswersIsGivenUp) {
  HERMESH_NEEDS_GUESTS();
  const auto mute = work_.path() / "mute";
  const char* given = std::getenv("HERMESH_GUEST"); // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(given, nullptr);
  fs::create_directory(mute);
  for (const auto& entry : fs::directory_iterator(given))
    fs::create_symlink(fs::absolute(entry.path()), mute / entry.path().filename());
  std::ifstream in(fs::path(given) / "manifest.json");
  auto manifest = nlohmann::json::parse(in);
  manifest["cmdline"] = manifest.at("cmdline").get<std::string>() +
                        " rdinit=/bin/busybox -- sh -c \"while :; do sleep 9; done\"";
  fs::remove(mute / "manifest.json");
  std::ofstream(mute / "manifest.json") << manifest.dump();
  auto arguments = small_trial();
  arguments.insert(arguments.end(), {"--guest", mute.string()});
  const auto outcome = run_trial(work_.path() / "runs", arguments);
  EXPECT_EQ(outcome.status, 3) << outcome.story();
  ASSERT_FALSE(outcome.result.is_null()) << outcome.story();
  const auto reason = outcome.result.at("reason").get<std::string>();
  EXPECT_NE(reason.find("agent"), std::string::npos) << reason;
  EXPECT_FALSE(
      fs::is_empty(fs::path(outcome.result.at("run_dir").get<std::string>()) / "consoles"));
}

TEST_F(Faults, AGuestThatIsKilledIsAClearErrorInBoundedTime) {
  HERMESH_NEEDS_GUESTS();
  auto program = start_trial();
  for (const int pid : qemu_processes("hermesh-" + run_id() + "-a"))
    ::kill(pid, SIGKILL);
  EXPECT_EQ(program.wait(60s), 3) << program.output();
  const auto run = fs::directory_iterator(work_.path() / "runs")->path();
  std::ifstream in(run / "result.json");
  const auto result = nlohmann::json::parse(in);
  EXPECT_EQ(result.at("verdict"), "harness_error");
  EXPECT_NE(result.at("reason").get<std::string>().find("'a'"), std::string::npos)
      << result.at("reason");
  expect_no_guests_within(1s);
}

TEST_F(Faults, ADaemonThatDiesAtStartIsNoVerdictAboutItsVpn) {
  HERMESH_NEEDS_GUESTS();
  const auto folder = work_.path() / "nebula";
  fs::copy(
      fs::path(HERMESH_TEST_SOURCE_DIR) / "vpns" / "nebula", folder, fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yml" || entry.path().extension() == ".yaml")
      std::ofstream(entry.path(), std::ios::trunc) << "pki: [this is not what nebula reads\n";
  const auto outcome =
      run_trial(work_.path() / "runs",
                {"--topology", "public", "--scenario", "none", "--vpn", folder.string()});
  EXPECT_EQ(outcome.status, 3) << outcome.story();
  ASSERT_FALSE(outcome.result.is_null());
  EXPECT_EQ(outcome.result.at("verdict"), "harness_error");
  EXPECT_NE(outcome.result.at("reason").get<std::string>().find("daemon"), std::string::npos)
      << outcome.result.at("reason");
}

TEST_F(Faults, AFullDiskIsAClearErrorAndTheEvidenceSoFarIsKept) {
  HERMESH_NEEDS_GUESTS();
  const auto disk = work_.path() / "disk";
  fs::create_directory(disk);
  if (::geteuid() != 0 || ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=192k") != 0)
    GTEST_SKIP() << "a small file system needs root to mount it";
  const auto outcome = run_trial(
      disk,
      {"--topology", "public", "--scenario", "none", "--vpn", "internal", "--workload", "tcp"});
  std::uintmax_t captured = 0;
  for (const auto& entry : fs::recursive_directory_iterator(disk))
    if (entry.path().extension() == ".pcapng") captured += entry.file_size();
  ::umount2(disk.c_str(), MNT_DETACH);
  EXPECT_EQ(outcome.status, 3) << outcome.story();
  EXPECT_NE(outcome.story().find("No space left on device"), std::string::npos) << outcome.story();
  EXPECT_GT(captured, 0U);
}

TEST_F(Faults, TwoRunsAtOnceBothComeOutRight) {
  HERMESH_NEEDS_GUESTS();
  const auto run = [&](const char* name) { return run_trial(work_.path() / name, small_trial()); };
  auto other = std::async(std::launch::async, run, "one");
  const auto mine = run("two");
  const auto theirs = other.get();
  EXPECT_EQ(mine.status, 0) << mine.story();
  EXPECT_EQ(theirs.status, 0) << theirs.story();
}

TEST_F(Faults, WithoutQemuTheRunSaysSo) {
  HERMESH_NEEDS_GUESTS();
  auto arguments = small_trial();
  arguments.insert(arguments.begin(), {"run", "--json", "--runs", work_.path().string()});
  const auto outcome = call_hermesh(arguments, 1min, {{"PATH", "/nonexistent"}});
  EXPECT_EQ(outcome.status, 3) << outcome.story();
  EXPECT_NE(outcome.story().find("qemu-system-x86_64"), std::string::npos) << outcome.story();
}

} // namespace
} // namespace hermesh::testing
