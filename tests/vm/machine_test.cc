// SPDX-License-Identifier: MIT
// The machine layer against real guests: one guest that is talked to, machines that end, and
// processes of their own that are killed, run two at once, as an ordinary user and under KVM.
#include "base/clock.hh"
#include "base/command.hh"
#include "base/temp_dir.hh"
#include "base/unix_socket.hh"
#include "machine/accelerator.hh"
#include "machine/embedded_root.hh"
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
#include <thread>

namespace hermesh {
namespace {

using namespace hermesh::testing;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

/// One guest for all tests that only talk to it.
class Guest : public ::testing::Test {
protected:
  struct Running {
    TempDir folder;
    Hypervisor hypervisor{options()};
    VirtualMachine spec = spec_in(folder.path(), "a");
    std::unique_ptr<Machine> machine = hypervisor.start(spec);
  };

  static void SetUpTestSuite() {
    running() = std::make_unique<Running>();
    running()->hypervisor.await_boot(*running()->machine);
  }
  static void TearDownTestSuite() { running().reset(); }
  static std::unique_ptr<Running>& running() {
    static std::unique_ptr<Running> guest;
    return guest;
  }

  Machine& machine() { return *running()->machine; }
  Exit run(const Command& command, std::chrono::milliseconds timeout = patience) {
    return machine().exec(command, timeout);
  }
};

TEST_F(Guest, ExecReturnsCodeAndBothStreams) {
  EXPECT_EQ(run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}}),
            (Exit{.code = 3, .timed_out = false, .output = "out\n", .diagnostics = "err\n"}));
}

TEST_F(Guest, ExecPassesWordsUnchanged) {
  EXPECT_EQ(run({.argv = {"printf", "%s|", "a b", "$HOME", "'\"", ""}}).output, "a b|$HOME|'\"||");
}

TEST_F(Guest, ExecGivesEnvironmentDirectoryAndInput) {
  const Command command{.argv = {"sh", "-c", "pwd; echo \"$K\"; cat; [ -n \"$PATH\" ]"},
                        .env = {{"K", "a 'b'"}},
                        .cwd = "/usr/bin",
                        .input = std::string("x\0y", 3)};
  const auto exit = run(command);
  EXPECT_TRUE(exit.ok());
  EXPECT_EQ(exit.output, "/usr/bin\na 'b'\n" + std::string("x\0y", 3));
}

TEST_F(Guest, ExecWithoutInputReadsNothing) {
  EXPECT_EQ(run({.argv = {"wc", "-c"}}).output, "0\n");
}

TEST_F(Guest, ExecTellsSignalsAndMissingPrograms) {
  EXPECT_EQ(run({.argv = {"sh", "-c", "kill -9 $$"}}).code, 137);
  const auto missing = run({.argv = {"no-such-program"}});
  EXPECT_EQ(missing.code, 127);
  EXPECT_TRUE(holds(missing.diagnostics, "no-such-program")) << missing.diagnostics;
}

TEST_F(Guest, ExecOverTimeKillsTheWholeGroup) {
  const auto exit = run({.argv = {"sh", "-c", "echo began; sleep 4321 & sleep 4321"}}, 1500ms);
  EXPECT_TRUE(exit.timed_out);
  EXPECT_FALSE(exit.ok());
  EXPECT_EQ(exit.output, "began\n");
  EXPECT_NE(run({.argv = {"pgrep", "-f", "^sleep 4321"}}).code, 0);
}

TEST_F(Guest, ExecCarriesMuchOutput) {
  const auto exit = run({.argv = {"head", "-c", "3000000", "/dev/zero"}});
  EXPECT_EQ(exit.output, std::string(3'000'000, '\0'));
}

TEST_F(Guest, MustSaysWhatTheProgramSaid) {
  const auto words = complaint([&] { must(machine(), {.argv = {"ls", "/nowhere"}}, patience); });
  EXPECT_TRUE(holds(words, "a: ls /nowhere: exit status ")) << words;
  EXPECT_TRUE(holds(words, "No such file")) << words;
}

TEST_F(Guest, ManyFilesInOnePush) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i)
    every_byte += static_cast<char>(i);
  std::vector<PushedFile> files{
      {.target = "/run/t/deep/er/script", .content = "#!/bin/sh\necho hi\n", .mode = 0755},
      {.target = "/run/t/secret", .content = every_byte, .mode = 0600},
      {.target = "/run/t/empty", .content = ""}};
  for (int i = 0; i < 100; ++i)
    files.push_back({.target = fmt::format("/run/t/{}", i), .content = std::to_string(i)});
  machine().push(files);
  EXPECT_EQ(run({.argv = {"/run/t/deep/er/script"}}).output, "hi\n");
  EXPECT_EQ(machine().pull("/run/t/secret"), every_byte);
  EXPECT_EQ(machine().pull("/run/t/empty"), "");
  EXPECT_EQ(machine().pull("/run/t/99"), "99");
  EXPECT_EQ(run({.argv = {"stat", "-c", "%a %u %g", "/run/t/secret"}}).output, "600 0 0\n");
}

TEST_F(Guest, FiveMegabytesThereAndBack) {
  std::string content;
  for (unsigned i = 0; content.size() < 5'000'001; ++i)
    content += static_cast<char>(i * i >> 3);
  machine().push({{.target = "/run/big", .content = content}});
  EXPECT_TRUE(machine().pull("/run/big") == content);
  EXPECT_EQ(run({.argv = {"rm", "/run/big"}}).code, 0);
  EXPECT_NE(run({.argv = {"ls", "/run/hermesh-push.tar"}}).code, 0);
}

TEST_F(Guest, ExecRefusesInputThatTheChannelWouldNotCarry) {
  EXPECT_EQ(run({.argv = {"wc", "-c"}, .input = std::string(64 << 10, 'x')}).output, "65536\n");
  const auto words = complaint([&] {
    run({.argv = {"wc", "-c"}, .input = std::string(200'000, 'x')});
  });
  EXPECT_TRUE(holds(words, "push it as a file")) << words;
  EXPECT_TRUE(run({.argv = {"true"}}).ok());
}

TEST_F(Guest, PullOfNothingIsAnErrorThatNamesIt) {
  const auto words = complaint([&] { machine().pull("/nowhere/at-all"); });
  EXPECT_TRUE(holds(words, "a: pull /nowhere/at-all")) << words;
  EXPECT_TRUE(holds(words, "No such file")) << words;
}

TEST_F(Guest, KnowsItsNameAndHasNoCardsOfItsOwn) {
  EXPECT_EQ(run({.argv = {"hostname"}}).output, "a\n");
  EXPECT_EQ(run({.argv = {"ls", "/sys/class/net"}}).output, "lo\n");
}

TEST_F(Guest, TheProbeAnswersAgainAndAgain) {
  for (int i = 0; i < 2; ++i) {
    const auto stream = machine().open_probe();
    write_all(stream.get(), "{\"id\":1,\"do\":\"clock\"}\n");
    LineReader lines(stream.get());
    const auto answer = lines.next(patience);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(holds(*answer, "\"ok\":true")) << *answer;
  }
}

TEST_F(Guest, AShellIsOnTheSecondConsole) {
  const auto stream = connect_unix(running()->hypervisor.shell_socket("a"));
  write_all(stream.get(), "echo $((6*7))-$(hostname)\n");
  LineReader lines(stream.get());
  const auto deadline = steady_clock::now() + patience;
  std::optional<std::string> line;
  do
    line = lines.next(patience);
  while (line && !holds(*line, "42-a") && steady_clock::now() < deadline);
  EXPECT_TRUE(line && holds(*line, "42-a"));
}

TEST_F(Guest, EvidenceIsWritten) {
  std::ifstream xml(running()->spec.xml_file);
  const std::string text{std::istreambuf_iterator<char>(xml), {}};
  EXPECT_TRUE(holds(text, running()->spec.uuid));
  EXPECT_GT(fs::file_size(running()->spec.console_log), 0U);
}

TEST(Machines, ThreeStartedAtOnce) {
  const TempDir folder;
  Hypervisor hypervisor(options());
  const std::vector<std::string> names{"a", "b", "r"};
  std::vector<std::unique_ptr<Machine>> machines(names.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < names.size(); ++i)
    threads.emplace_back([&, i] {
      machines[i] = hypervisor.start(spec_in(folder.path(), names[i]));
      hypervisor.await_boot(*machines[i]);
    });
  for (auto& thread : threads)
    thread.join();
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_TRUE(machines[i]);
    EXPECT_EQ(must(*machines[i], {.argv = {"hostname"}}, patience).output, names[i] + "\n");
  }
}

TEST(Machines, AnEndedOneSaysSoAtOnce) {
  const TempDir folder;
  Hypervisor hypervisor(options());
  const auto spec = spec_in(folder.path(), "a");
  const auto machine = hypervisor.start(spec);
  hypervisor.await_boot(*machine);
  EXPECT_EQ(machine->obituary(), "");
  std::thread killer([&] {
    SteadyClock().sleep(500ms); // the command below runs; were it not yet, the test says the same
    kill_qemu_of(spec.uuid);
  });
  const auto begin = steady_clock::now();
  const auto words = complaint([&] { machine->exec({.argv = {"sleep", "3600"}}, 3600s); });
  killer.join();
  EXPECT_LT(steady_clock::now() - begin, patience);
  EXPECT_TRUE(holds(words, "the guest's QEMU ended: signal 9")) << words;
  EXPECT_EQ(machine->obituary(), "the guest's QEMU ended: signal 9");
  EXPECT_TRUE(holds(complaint([&] { machine->open_probe(); }), "signal 9"));
  machine->stop();
  machine->stop();
  EXPECT_EQ(machine->obituary(), "the guest's QEMU ended: signal 9");
}

TEST(Machines, KilledWhileItBootsEndsTheWait) {
  const TempDir folder;
  Hypervisor hypervisor(options());
  const auto spec = spec_in(folder.path(), "a");
  const auto machine = hypervisor.start(spec);
  kill_qemu_of(spec.uuid);
  const auto words = complaint([&] { hypervisor.await_boot(*machine); });
  EXPECT_TRUE(holds(words, "a: boot: the guest's QEMU ended: signal 9")) << words;
}

TEST(Machines, AKernelThatPanicsIsToldWithItsLastWords) {
  const TempDir folder;
  auto how = options();
  how.image.cmdline += " rdinit=/none init=/none root=/dev/none";
  Hypervisor hypervisor(std::move(how));
  const auto machine = hypervisor.start(spec_in(folder.path(), "a"));
  const auto words = complaint([&] { hypervisor.await_boot(*machine); });
  EXPECT_TRUE(holds(words, "the guest shut down or its kernel panicked")) << words;
  EXPECT_TRUE(holds(words, "Kernel panic")) << words;
}

TEST(Machines, OneThatDoesNotAnswerRunsOutOfPatience) {
  const TempDir folder;
  auto how = options();
  how.boot_patience = 1s;
  Hypervisor hypervisor(std::move(how));
  const auto spec = spec_in(folder.path(), "a");
  const auto machine = hypervisor.start(spec);
  // However fast the host, a guest that is held does not answer.
  const auto qemu = find_qemus(spec.uuid);
  ASSERT_EQ(qemu.size(), 1U);
  ::kill(qemu.front(), SIGSTOP);
  const auto words = complaint([&] { hypervisor.await_boot(*machine); });
  EXPECT_TRUE(holds(words, "boot patience of 1 s")) << words;
  ::kill(qemu.front(), SIGCONT);
}

TEST(Machines, OneThatCannotStartIsAnErrorInQemusWords) {
  const TempDir folder;
  auto how = options();
  how.image.root = folder.path() / "gone.erofs";
  Hypervisor hypervisor(std::move(how));
  const auto words = complaint([&] { hypervisor.start(spec_in(folder.path(), "a")); });
  EXPECT_TRUE(holds(words, "gone.erofs")) << words;
}

TEST(Machines, AStoppedOnesNameIsFreeAgain) {
  const TempDir folder;
  Hypervisor hypervisor(options());
  const auto spec = spec_in(folder.path(), "a");
  for (int i = 0; i < 2; ++i) {
    const auto machine = hypervisor.start(spec);
    EXPECT_EQ(find_qemus(spec.uuid).size(), 1U);
    machine->stop();
    EXPECT_TRUE(find_qemus(spec.uuid).empty());
    EXPECT_EQ(machine->obituary().find("the machine was stopped"), 0U) << machine->obituary();
  }
}

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
    // The guardian removes the root; when the run was killed before it had one, the next run does.
    wait_for("the root's removal", 2 * patience, clock, [&] {
      remove_stale_roots(roots_.path());
      return when(!roots_left());
    });
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
