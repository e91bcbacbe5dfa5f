// SPDX-License-Identifier: MIT
#include "base/clock.hh"
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "machine/embedded_root.hh"
#include "machine/guardian.hh"
#include "machine/processes.hh"
#include "unit/machine/stand_in.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <fstream>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using hermesh::testing::start_stand_in;
namespace fs = std::filesystem;

std::optional<bool> when(bool condition) {
  return condition ? std::optional(true) : std::nullopt;
}

void await_removal(const fs::path& root) {
  SteadyClock clock;
  wait_for("the removal of " + root.string(), 30s, clock, [&] { return when(!fs::exists(root)); });
}

TEST(Guardian, OrderlyEndClearsUpAtOnce) {
  const TempDir parent;
  const auto root = parent.path() / "root";
  fs::create_directory(root);
  pid_t stand_in = -1;
  {
    const Guardian guardian(root);
    stand_in = start_stand_in(root.string());
    EXPECT_EQ(process_state(guardian.pid())->session, guardian.pid());
  }
  EXPECT_FALSE(fs::exists(root));
  int status = 0;
  ASSERT_EQ(::waitpid(stand_in, &status, 0), stand_in);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(Guardian, KilledOwner) {
  const TempDir parent;
  const auto root = parent.path() / "root";
  fs::create_directory(root);
  std::array<int, 2> ends{};
  check("make a pipe", ::pipe2(ends.data(), O_CLOEXEC));
  const Fd ready(ends[0]);
  Fd theirs(ends[1]);
  const auto owner =
      spawn_self({.name = "owner", .arguments = {"own", root.string()}, .inherit = theirs.get()});
  theirs = Fd{};
  char byte = '\0';
  ASSERT_EQ(::read(ready.get(), &byte, 1), 1);
  SteadyClock clock;
  wait_for("the stand-in", 30s, clock, [&] { return when(find_qemus(root.string()).size() == 1); });

  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  await_removal(root);
  EXPECT_TRUE(find_qemus(root.string()).empty());
}

TEST(Guardian, SparesEverybodyElse) {
  const TempDir parent;
  const auto root = parent.path() / "root";
  const auto other = parent.path() / "other";
  fs::create_directory(root);
  const auto neighbour = start_stand_in(other.string()); // another run's QEMU
  const auto reader = spawn_self({.name = "less", .arguments = {"stand-in", root / "log"}});
  { const Guardian guardian(root); }
  EXPECT_NE(process_state(neighbour)->state, 'Z');
  EXPECT_NE(process_state(reader)->state, 'Z');
  for (const auto pid : {neighbour, reader}) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

TEST(Processes, ZombiesAreNotAlive) {
  const TempDir parent;
  const auto root = parent.path().string();
  const auto pid = start_stand_in(root);
  SteadyClock clock;
  wait_for("the stand-in", 30s, clock, [&] { return when(find_qemus(root).size() == 1); });
  kill_qemu(pid, root);
  wait_for("a zombie", 30s, clock, [&] { return when(process_state(pid)->state == 'Z'); });
  EXPECT_TRUE(find_qemus(root).empty());
  ::waitpid(pid, nullptr, 0);
}

TEST(Processes, StateIsReadWhateverTheName) {
  EXPECT_EQ(parse_process_state("12 (a) b (c) S 7 8 9 0 -1"),
            (ProcessState{.parent = 7, .session = 9, .state = 'S'}));
  EXPECT_EQ(parse_process_state(""), std::nullopt);
  EXPECT_EQ(parse_process_state("12 (a) S x"), std::nullopt);
}

class StaleRoots : public ::testing::Test {
protected:
  fs::path make(const std::string& name, bool with_owner) {
    const auto root = parent_.path() / name;
    fs::create_directory(root);
    if (with_owner) std::ofstream(root / "owner") << "";
    return root;
  }

  TempDir parent_;
};

TEST_F(StaleRoots, OfDeadOwnersAreRemovedWithTheirQemus) {
  const auto root = make("hm.aaaaaa", true);
  const auto pid = start_stand_in(root.string());
  SteadyClock clock;
  wait_for("the stand-in", 30s, clock, [&] { return when(find_qemus(root.string()).size() == 1); });
  remove_stale_roots(parent_.path());
  EXPECT_FALSE(fs::exists(root));
  ::waitpid(pid, nullptr, 0);
}

TEST_F(StaleRoots, OfLivingOwnersStay) {
  const auto root = make("hm.aaaaaa", true);
  const Fd lock(::open((root / "owner").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  remove_stale_roots(parent_.path());
  EXPECT_TRUE(fs::exists(root));
}

TEST_F(StaleRoots, UnbornOnesGoWhenTheyAreOld) {
  const auto fresh = make("hm.aaaaaa", false);
  const auto old = make("hm.bbbbbb", false);
  const auto used = make("hm.cccccc", false); // somebody else's with such a name
  std::ofstream(old / "owner.new") << "";
  std::ofstream(used / "file") << "";
  for (const auto& root : {old, used})
    fs::last_write_time(root, fs::file_time_type::clock::now() - 10min);
  remove_stale_roots(parent_.path());
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(used / "file"));
}

TEST_F(StaleRoots, OtherFoldersStay) {
  const auto unmarked = make("hm.bbbbbb", false);
  const auto foreign = make("home", true);
  remove_stale_roots(parent_.path());
  EXPECT_TRUE(fs::exists(unmarked));
  EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(StaleRoots, ARootLocksItself) {
  fs::path path;
  {
    const EmbeddedRoot root;
    path = root.path();
    EXPECT_TRUE(fs::exists(path / "etc" / "qemu.conf"));
    remove_stale_roots(path.parent_path());
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

} // namespace
} // namespace hermesh
