// SPDX-License-Identifier: MIT
// The machine layer in processes of its own: killed, two at once, as an ordinary user, under KVM.
#include "base/clock.hh"
#include "base/command.hh"
#include "base/temp_dir.hh"
#include "machine/accelerator.hh"
#include "machine/guardian.hh"
#include "machine/self.hh"
#include "vm/machine_world.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <iterator>

namespace hermesh {
namespace {

using namespace hermesh::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST(Accelerators, KvmIsBelievedOnlyWhenAGuestRan) {
  const TempDir cache;
  ::setenv("XDG_CACHE_HOME", cache.path().c_str(), 1);
  const auto answer = ask_kvm(guest_image());
  const auto again = ask_kvm(guest_image());
  const auto chosen = choose_accelerator("auto", guest_image());
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(answer, again);
  EXPECT_EQ(chosen, answer.works ? Accelerator::kvm : Accelerator::tcg);
  EXPECT_TRUE(answer.certain || kvm_obstacle()) << answer.reason;
  EXPECT_TRUE(find_qemus("hermesh-probe-kvm").empty());
  if (!answer.works) {
    const auto words = complaint([&] { choose_accelerator("kvm", guest_image()); });
    EXPECT_TRUE(holds(words, "KVM does not work here: ")) << words;
  }
}

/// Another process of this program (main, below) with a guest, its roots in a folder of the test's
/// own.
class Process : public ::testing::Test {
protected:
  Process() {
    ::unsetenv("XDG_RUNTIME_DIR");
    ::setenv("TMPDIR", roots_.path().c_str(), 1);
  }
  ~Process() override { ::unsetenv("TMPDIR"); }

  struct Child {
    pid_t pid;
    Fd said;
  };
  static Child start(const std::string& word, const std::string& uuid) {
    std::array<int, 2> ends{};
    check("make a pipe", ::pipe2(ends.data(), O_CLOEXEC));
    const Fd theirs(ends[1]);
    return {.pid = spawn_self({.name = word, .arguments = {word, uuid}, .inherit = theirs.get()}),
            .said = Fd(ends[0])};
  }
  static int wait(const Child& child) {
    int status = -1;
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }
  bool roots_left() const {
    for (const auto& entry : fs::directory_iterator(roots_.path()))
      if (entry.path().filename().string().starts_with("hm.")) return true;
    return false;
  }

  TempDir roots_;
};

TEST_F(Process, KilledAtAnyMomentLeavesNoQemuAndNoRoot) {
  // From before libvirt is open, through QEMU's start (some 0.3 to 2 s), to a booting guest.
  for (const auto moment :
       {20ms, 100ms, 200ms, 300ms, 400ms, 500ms, 700ms, 1000ms, 1500ms, 2500ms}) {
    SCOPED_TRACE(moment.count());
    const auto uuid = fresh_uuid();
    const auto child = start("hold", uuid);
    SteadyClock clock;
    clock.sleep(moment);
    ::kill(child.pid, SIGKILL);
    wait(child);
    wait_for("the end of every QEMU", 5s, clock, [&] { return when(find_qemus(uuid).empty()); });
    wait_for("the root's removal", patience, clock, [&] { return when(!roots_left()); });
    EXPECT_TRUE(find_qemus(uuid).empty());
  }
}

TEST_F(Process, KilledTheMomentItsQemuAppears) {
  const auto uuid = fresh_uuid();
  const auto child = start("hold", uuid);
  SteadyClock clock;
  wait_for(
      "a QEMU", patience, clock, [&] { return when(!find_qemus(uuid).empty()); }, 1ms);
  ::kill(child.pid, SIGKILL);
  wait(child);
  wait_for("its end", 5s, clock, [&] { return when(find_qemus(uuid).empty()); });
  wait_for("the root's removal", patience, clock, [&] { return when(!roots_left()); });
  EXPECT_TRUE(find_qemus(uuid).empty());
}

TEST_F(Process, TheNextRunClearsUpWhatAKilledGuardianLeft) {
  const auto uuid = fresh_uuid();
  const auto child = start("hold", uuid);
  char byte = '\0';
  ASSERT_EQ(::read(child.said.get(), &byte, 1), 1); // the guest has been started
  ASSERT_EQ(find_qemus(uuid).size(), 1U);
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", child.pid));
  const std::vector<pid_t> found{std::istream_iterator<pid_t>(children), {}};
  for (const auto pid : found) {
    std::ifstream name(fmt::format("/proc/{}/comm", pid));
    std::string comm;
    std::getline(name, comm);
    if (comm == "lab-guardian") ::kill(pid, SIGKILL);
  }
  ::kill(child.pid, SIGKILL);
  wait(child);
  ASSERT_EQ(find_qemus(uuid).size(), 1U);
  ASSERT_TRUE(roots_left());
  const auto next = start("boot", fresh_uuid());
  EXPECT_EQ(wait(next), 0);
  EXPECT_TRUE(find_qemus(uuid).empty());
  EXPECT_FALSE(roots_left());
}

TEST_F(Process, TwoAtOnceBothBoot) {
  const auto first = start("boot", fresh_uuid());
  const auto second = start("boot", fresh_uuid());
  EXPECT_EQ(wait(first), 0);
  EXPECT_EQ(wait(second), 0);
  EXPECT_FALSE(roots_left());
}

class OrdinaryUser : public Process {
protected:
  static constexpr unsigned nobody = 65534;

  /// `boot` as nobody, whose home is `home`.
  Exit boot(const fs::path& home) {
    check("give away", ::chown(roots_.path().c_str(), nobody, nobody));
    HostExecutor host;
    const auto self = fs::read_symlink("/proc/self/exe").string();
    return host.run({.argv = {"setpriv",
                              "--reuid=65534",
                              "--regid=65534",
                              "--clear-groups",
                              "env",
                              "-u",
                              "XDG_CACHE_HOME",
                              self,
                              "boot",
                              fresh_uuid()},
                     .env = {{"HOME", home.string()}}},
                    400s);
  }
};

TEST_F(OrdinaryUser, NeedsNoRights) {
  if (::geteuid() != 0) GTEST_SKIP() << "this is an ordinary user already: all tests show it";
  const auto home = roots_.path() / "home";
  fs::create_directory(home);
  check("give away", ::chown(home.c_str(), nobody, nobody));
  const auto exit = boot(home);
  EXPECT_TRUE(exit.ok()) << exit.diagnostics;
  EXPECT_EQ(exit.output, "booted as 65534\n");
  EXPECT_TRUE(fs::exists(home / ".cache" / "hermesh"));
}

TEST_F(OrdinaryUser, NeedsNoHome) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user without a home";
  const auto exit = boot("/nonexistent");
  EXPECT_TRUE(exit.ok()) << exit.diagnostics;
  EXPECT_EQ(exit.output, "booted as 65534\n");
}

/// `hold UUID`: start a guest, say so, stay. `boot UUID`: boot one, use it, end.
int run_child(std::string_view word, const std::string& uuid) {
  try {
    const TempDir folder("t");
    Hypervisor hypervisor(options());
    auto spec = spec_in(folder.path(), "a");
    spec.uuid = uuid;
    const auto machine = hypervisor.start(spec);
    if (word == "hold") {
      check("tell", ::write(inherited_descriptor, "s", 1));
      ::pause();
    }
    hypervisor.await_boot(*machine);
    must(*machine, {.argv = {"true"}}, patience);
    std::cout << "booted as " << ::geteuid() << '\n';
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 3;
  }
}

} // namespace
} // namespace hermesh

int main(int argc, char** argv) {
  if (const auto status = hermesh::run_hidden_command(argc, argv)) return *status;
  const std::string_view word = argc == 3 ? argv[1] : "";
  if (word == "hold" || word == "boot") return hermesh::run_child(word, argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  const char* guest = std::getenv("HERMESH_GUEST"); // NOLINT(concurrency-mt-unsafe)
  if (!::testing::GTEST_FLAG(list_tests) &&
      (guest == nullptr ||
       !std::filesystem::exists(std::filesystem::path(guest) / "manifest.json"))) {
    std::cout << "skipped: HERMESH_GUEST names no guest image; `hermesh image build` makes one\n";
    return 77;
  }
  return RUN_ALL_TESTS();
}
