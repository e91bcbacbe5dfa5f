// SPDX-License-Identifier: MIT
#include "machine/guardian.hh"

#include "base/clock.hh"
#include "base/error.hh"
#include "machine/processes.hh"
#include "machine/self.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <string>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr char ready = 'r';
constexpr char clean_end = 'e';
constexpr int answer_patience_ms = 20'000; // a loaded host; it needs some milliseconds
constexpr int farewell_patience_ms = 8'000;

// A child that libvirt has forked may become a QEMU a moment after its parent's death, so after the
// first look the guardian keeps looking this long. The promise is 5 s.
constexpr auto vigil = 3s;

/// True when the other side said that it ends in good order; false when it is just gone.
bool await_end(int alive) {
  char last = '\0';
  char byte = '\0';
  while (true) {
    const auto got = ::read(alive, &byte, 1);
    if (got == 0 || (got < 0 && errno != EINTR)) return last == clean_end;
    if (got == 1) last = byte;
  }
}

void kill_all(const std::string& root) {
  for (const auto pid : find_qemus(root))
    kill_qemu(pid, root);
}

} // namespace

int guardian_main(int alive, const std::filesystem::path& root) {
  ::prctl(PR_SET_NAME, "lab-guardian");
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE})
    ::signal(signal, SIG_IGN);
  const Fd socket(alive);
  if (::send(socket.get(), &ready, 1, MSG_NOSIGNAL) != 1) return 1;
  const bool orderly = await_end(socket.get());
  SteadyClock clock;
  const auto end = clock.now() + (orderly ? 0s : vigil);
  kill_all(root.string());
  while (clock.now() < end || !find_qemus(root.string()).empty()) {
    if (clock.now() > end + vigil) break; // a process that not even SIGKILL ends
    clock.sleep(50ms);
    kill_all(root.string());
  }
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
  return 0;
}

Guardian::Guardian(const std::filesystem::path& root) {
  std::array<int, 2> ends{};
  check("make a socket pair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
  alive_ = Fd(ends[0]);
  const Fd theirs(ends[1]);
  pid_ = spawn_self({.name = "lab-guardian",
                     .arguments = {"guardian", std::to_string(inherited_descriptor), root.string()},
                     .inherit = theirs.get()});
  pollfd answer{alive_.get(), POLLIN, 0};
  char byte = '\0';
  if (::poll(&answer, 1, answer_patience_ms) == 1 && ::read(alive_.get(), &byte, 1) == 1 &&
      byte == ready)
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  throw Error("start the guardian of " + root.string() +
              ": no answer (a program that makes machines must call run_hidden_command first)");
}

Guardian::~Guardian() {
  ::send(alive_.get(), &clean_end, 1, MSG_NOSIGNAL);
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  alive_ = Fd{};
  pollfd ended{process.get(), POLLIN, 0};
  if (process && ::poll(&ended, 1, farewell_patience_ms) == 1) ::waitpid(pid_, nullptr, 0);
}

} // namespace hermesh
