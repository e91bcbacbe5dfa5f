// SPDX-License-Identifier: MIT
// The machine layer against real guests.
#include "base/clock.hh"
#include "base/temp_dir.hh"
#include "base/unix_socket.hh"
#include "vm/machine_world.hh"

#include <fmt/format.h>

#include <array>
#include <csignal>
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
  EXPECT_TRUE(holds(words, "a: ls /nowhere: exit status 1: ")) << words;
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

} // namespace
} // namespace hermesh
