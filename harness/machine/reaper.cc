// SPDX-License-Identifier: MIT
#include "machine/reaper.hh"

#include "base/error.hh"
#include "machine/processes.hh"
#include "machine/signals.hh"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

constexpr int busy_interval_ms = 50;

/// An orphan that daemonised: it left its parent's session and leads none.
bool is_adopted_daemon(pid_t pid) {
  const auto state = process_state(pid);
  return state && state->state == 'Z' && state->parent == ::getpid() && state->session != pid &&
         state->session != ::getsid(0);
}

/// Ended children of every thread. A kernel without CONFIG_PROC_CHILDREN shows none: libvirt then
/// waits longer, nothing else.
std::vector<pid_t> ended_daemons() {
  std::vector<pid_t> found;
  std::error_code problem;
  for (fs::directory_iterator task("/proc/self/task", problem), end; !problem && task != end;
       task.increment(problem)) {
    std::ifstream children(task->path() / "children");
    for (pid_t pid = 0; children >> pid;)
      if (is_adopted_daemon(pid)) found.push_back(pid);
  }
  return found;
}

/// Empty while the child lives, or when it is not ours.
std::string reap(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
    return {};
  const auto number = std::to_string(info.si_status);
  return (info.si_code == CLD_EXITED ? "exit status " : "signal ") + number;
}

} // namespace

Reaper::Reaper() : wake_(check("make an eventfd", ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
  check("become a child subreaper", ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  const BlockSignals blocked;
  thread_ = std::thread([this] { run(); });
}

Reaper::~Reaper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
}

void Reaper::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Reaper::watch(pid_t pid, std::function<void(const std::string&)> ended) {
  Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const auto state = process_state(pid);
  if (!process || !state || state->parent != ::getpid()) return; // ended: libvirt's event tells
  {
    const std::lock_guard lock(mutex_);
    watched_[pid] = std::make_shared<Watched>(Watched{std::move(process), std::move(ended)});
  }
  wake();
}

Reaper::Busy::Busy(Reaper& reaper) : reaper_(reaper) {
  {
    const std::lock_guard lock(reaper_.mutex_);
    ++reaper_.busy_;
  }
  reaper_.wake();
}

Reaper::Busy::~Busy() {
  const std::lock_guard lock(reaper_.mutex_);
  --reaper_.busy_;
}

void Reaper::run() {
  while (true) {
    bool busy = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      busy = busy_ > 0;
    }
    wait();
    reap_watched(); // first: these have someone to tell
    if (!busy) continue;
    for (const auto pid : ended_daemons())
      if (!is_watched(pid)) reap(pid);
  }
}

/// Until a watched process ends, someone wakes us, or, while libvirt is busy, a moment passed.
void Reaper::wait() {
  std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
  int patience = -1;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [pid, watched] : watched_)
      polled.push_back({watched->process.get(), POLLIN, 0});
    if (busy_ > 0) patience = busy_interval_ms;
    if (stopping_) return;
  }
  ::poll(polled.data(), polled.size(), patience);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
}

bool Reaper::is_watched(pid_t pid) {
  const std::lock_guard lock(mutex_);
  return watched_.contains(pid);
}

void Reaper::reap_watched() {
  std::vector<std::pair<std::shared_ptr<Watched>, std::string>> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = watched_.begin(); entry != watched_.end();) {
      pollfd process{entry->second->process.get(), POLLIN, 0};
      if (::poll(&process, 1, 0) != 1) {
        ++entry;
        continue;
      }
      auto how = reap(entry->first);
      ended.emplace_back(std::move(entry->second), how.empty() ? "reason unknown" : std::move(how));
      entry = watched_.erase(entry);
    }
  }
  for (const auto& [watched, how] : ended)
    watched->ended(how);
}

} // namespace hermesh
