// SPDX-License-Identifier: MIT
#include "base/clock.hh"
#include "base/error.hh"
#include "base/interrupt.hh"
#include "cli/commands.hh"
#include "cli/terminal_progress.hh"
#include "cli/trial_options.hh"
#include "model/catalog.hh"
#include "runner/run_dir.hh"
#include "runner/standing_lab.hh"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>

namespace hermesh::cli {
namespace {

using namespace std::chrono_literals;

struct UpArguments {
  TrialArguments trial{};
  bool foreground = false;
};

int stand(UpArguments& arguments) {
  const Catalog catalog(DataFolders::find());
  const auto spec = plan(arguments.trial, catalog);
  Interrupt interrupt;
  TerminalProgress progress;
  const auto options = prepare(arguments.trial, spec, catalog);
  progress.note("lab: " + options.run_dir.string());
  try {
    supervise(spec, options, progress, interrupt);
  } catch (const Interrupted&) { // Ctrl-C is how a lab in the foreground ends
    return 0;
  }
  return 0;
}

/// The words of this program's own command line.
std::vector<std::string> own_command_line() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');)
    words.push_back(word);
  return words;
}

/// This program again with --foreground, in a session of its own, talking to `log`.
pid_t spawn_supervisor(const std::string& log) {
  auto words = own_command_line();
  words.emplace_back("--foreground");
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(
      &actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int problem =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (problem != 0) throw SystemError("start the lab's supervisor", problem);
  return pid;
}

/// Ends the supervisor, and with it the lab, unless it is left alone or has ended.
class Supervisor {
public:
  explicit Supervisor(pid_t pid) : pid_(pid) {}
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  bool has_ended(int& status) {
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    pid_ = -1;
    return true;
  }
  void leave() { pid_ = -1; }

private:
  pid_t pid_;
};

/// Copies the supervisor's words to stderr until it is up or has ended.
class Follower {
public:
  explicit Follower(const std::string& log) : in_(log) {}

  /// The lab's run directory once its line has come; `up` becomes true with the line that says so.
  void follow() {
    std::string line;
    in_.clear(); // the file grows
    while (std::getline(in_, line)) {
      fmt::print(stderr, "{}\n", line);
      if (const auto at = line.find("lab: "); at != std::string::npos)
        run_dir = line.substr(at + 5);
      if (line.ends_with("  up")) up = true;
    }
  }

  std::string run_dir{};
  bool up = false;

private:
  std::ifstream in_;
};

int detach(UpArguments& arguments) {
  const Catalog catalog(DataFolders::find());
  auto copy = arguments.trial;
  plan(copy, catalog); // bad input is told here, not in a log
  std::error_code problem;
  std::filesystem::create_directories(arguments.trial.runs, problem);
  if (problem) throw Error("make the folder " + arguments.trial.runs + ": " + problem.message());
  const auto log =
      (std::filesystem::absolute(arguments.trial.runs) / fmt::format("up-{}.log", ::getpid()))
          .string();
  Supervisor supervisor(spawn_supervisor(log));
  const Interrupt interrupt; // after the child, which must not inherit the blocked signals
  Follower follower(log);
  SteadyClock clock;
  const auto ended = wait_for("the lab to come up", 10min, clock, [&]() -> std::optional<int> {
    interrupt.check();
    int status = 0;
    const bool gone = supervisor.has_ended(status);
    follower.follow();
    if (gone) return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
    return follower.up ? std::optional(0) : std::nullopt;
  });
  if (!follower.up) return ended == 0 ? 3 : ended;
  supervisor.leave();
  std::filesystem::rename(log, std::filesystem::path(follower.run_dir) / "supervisor.log", problem);
  fmt::print("{}\n", follower.run_dir);
  fmt::print(stderr, "`hermesh shell MACHINE` opens a terminal, `hermesh down` ends the lab\n");
  return 0;
}

} // namespace

void add_up(CLI::App& app, int& status) {
  auto arguments = std::make_shared<UpArguments>();
  auto* command =
      app.add_subcommand("up", "boot a lab with its VPN started, and leave it standing");
  add_trial_options(*command, arguments->trial);
  command->add_flag("--foreground", arguments->foreground, "do not detach; Ctrl-C ends the lab");
  command->footer(
      "Example:\n  hermesh up --topology double-nat --scenario home-and-carrier --vpn nebula");
  command->callback([arguments, &status] {
    status = arguments->foreground ? stand(*arguments) : detach(*arguments);
  });
}

} // namespace hermesh::cli
