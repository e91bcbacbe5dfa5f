// SPDX-License-Identifier: MIT
#include "vm/background.hh"

#include "base/clock.hh"
#include "base/error.hh"
#include "vm/hermesh.hh"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace hermesh::testing {

Background::Background(const std::vector<std::string>& arguments) {
  auto name = (std::filesystem::temp_directory_path() / "hmtest-log.XXXXXX").string();
  ::close(check("make a log file", ::mkstemp(name.data())));
  log_ = name;
  auto words = arguments;
  words.insert(words.begin(), hermesh_program().string());
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_.c_str(), O_WRONLY | O_APPEND, 0);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int problem = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw SystemError("start hermesh", problem);
}

Background::Background(Background&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), log_(std::exchange(other.log_, {})) {}

Background::~Background() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    wait(std::chrono::seconds{60});
  }
  if (!log_.empty()) ::unlink(log_.c_str());
}

void Background::signal(int number) const {
  ::kill(pid_, number);
}

int Background::wait(std::chrono::seconds patience) {
  SteadyClock clock;
  int status = 0;
  try {
    wait_for("hermesh to end", patience, clock, [&]() -> std::optional<bool> {
      if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
      return true;
    });
  } catch (const Error&) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return -1;
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string Background::output() const {
  std::ifstream in(log_);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace hermesh::testing
