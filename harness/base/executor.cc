// SPDX-License-Identifier: MIT
#include "base/command.hh"
#include "base/error.hh"
#include "base/fd.hh"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace hermesh {
namespace {

using namespace std::chrono;

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  check("make a pipe", ::pipe2(ends.data(), O_CLOEXEC));
  return {Fd(ends[0]), Fd(ends[1])};
}

/// The environment of this process with `added` in place, as exec wants it.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string line = *entry;
    if (!added.contains(line.substr(0, line.find('=')))) result.push_back(line);
  }
  for (const auto& [name, value] : added)
    result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words)
    result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

struct Streams {
  int input;
  int output;
  int diagnostics; ///< -1: inherited
  /// Talks to our terminal itself: then Ctrl-C there is for it as well.
  bool of_our_group() const { return diagnostics < 0; }
};

pid_t spawn(const Command& command, const Streams& streams) {
  auto argv_words = command.argv;
  auto env_words = environment_with(command.env);
  const auto argv = pointers(argv_words);
  const auto env = pointers(env_words);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!command.cwd.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.cwd.c_str());
  posix_spawn_file_actions_adddup2(&actions, streams.input, 0);
  posix_spawn_file_actions_adddup2(&actions, streams.output, 1);
  if (streams.diagnostics >= 0) posix_spawn_file_actions_adddup2(&actions, streams.diagnostics, 2);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD})
    sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none); // hermesh blocks signals that it reads by fd
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  const short group = streams.of_our_group() ? 0 : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(
      &attributes, static_cast<short>(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  pid_t pid = -1;
  const int problem = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (problem != 0) throw SystemError("start " + command.argv.at(0), problem);
  return pid;
}

/// Move what is ready between the child and the strings; closes an end that is finished.
class Exchange {
public:
  Exchange(const Command& command, Exit& exit) : input_(command.input), exit_(&exit) {}

  Fd to_child;
  Fd output;
  Fd diagnostics;

  /// False when nothing happened before `deadline`, or when the program `process` (a pidfd) has
  /// ended and everything that it wrote has been read: a grandchild may hold the pipes open for
  /// ever.
  bool pump(int process, steady_clock::time_point deadline) {
    std::array<pollfd, 4> polled{pollfd{process, POLLIN, 0},
                                 pollfd{to_child.get(), POLLOUT, 0},
                                 pollfd{output.get(), POLLIN, 0},
                                 pollfd{diagnostics.get(), POLLIN, 0}};
    const auto left = duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    const int ready =
        ::poll(polled.data(), polled.size(), static_cast<int>(std::max<long>(left, 0)));
    if (ready < 0 && errno != EINTR) throw SystemError("wait for a program's output");
    if (ready <= 0) return ready < 0;
    if (polled[1].revents != 0) feed();
    if (polled[2].revents != 0) collect(output, exit_->output);
    if (polled[3].revents != 0) collect(diagnostics, exit_->diagnostics);
    return ready > (polled[0].revents != 0 ? 1 : 0);
  }

  bool finished() const { return !output && !diagnostics; }

private:
  void feed() {
    const auto written = ::write(to_child.get(), input_.data(), input_.size());
    if (written > 0) input_.remove_prefix(static_cast<std::size_t>(written));
    if (input_.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) to_child = Fd{};
  }

  static void collect(Fd& from, std::string& into) {
    std::array<char, 65536> buffer{};
    const auto got = ::read(from.get(), buffer.data(), buffer.size());
    if (got > 0)
      into.append(buffer.data(), static_cast<std::size_t>(got));
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      from = Fd{};
  }

  std::string_view input_;
  Exit* exit_;
};

int code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

Exit HostExecutor::run(const Command& command, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  Exit exit;
  Exchange exchange(command, exit);
  auto output = make_pipe();
  auto diagnostics = make_pipe();
  Pipe input;
  if (command.input.empty())
    input.read = Fd(check("open /dev/null", ::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  else
    input = make_pipe();
  const pid_t pid = spawn(command,
                          {.input = input.read.get(),
                           .output = output.write.get(),
                           .diagnostics = inherit_stderr_ ? -1 : diagnostics.write.get()});
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  exchange.to_child = std::move(input.write);
  exchange.output = std::move(output.read);
  if (!inherit_stderr_) exchange.diagnostics = std::move(diagnostics.read);
  if (exchange.to_child) ::fcntl(exchange.to_child.get(), F_SETFL, O_NONBLOCK);
  output.write = Fd{};
  diagnostics.write = Fd{};

  while (!exchange.finished() && exchange.pump(process.get(), deadline)) {
  }
  // The pipes may close before the end: the pidfd tells the end itself.
  pollfd ended{process.get(), POLLIN, 0};
  const auto left = duration_cast<milliseconds>(deadline - steady_clock::now()).count();
  if (::poll(&ended, 1, static_cast<int>(std::max<long>(left, 0))) == 0) {
    exit.timed_out = true;
    ::kill(inherit_stderr_ ? pid : -pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  exit.code = code_of(status);
  return exit;
}

} // namespace hermesh
