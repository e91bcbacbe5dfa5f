// SPDX-License-Identifier: MIT
#include "base/interrupt.hh"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <array>
#include <csignal>
#include <utility>

namespace hermesh {

Interrupt::Interrupt() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN); // a peer that goes away is an error code, not the end
  signals_ = Fd(hermesh::check("watch for signals", ::signalfd(-1, &set, SFD_CLOEXEC)));
  stop_ = Fd(hermesh::check("make an event descriptor", ::eventfd(0, EFD_CLOEXEC)));
  reader_ = std::thread([this] { read_signals(); });
}

Interrupt::~Interrupt() {
  ::eventfd_write(stop_.get(), 1);
  reader_.join();
}

void Interrupt::on_interrupt(std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  action_ = std::move(action);
}

void Interrupt::read_signals() {
  while (true) {
    std::array<pollfd, 2> polled{pollfd{signals_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (happened_.exchange(true)) ::_exit(130);
    const std::lock_guard lock(mutex_);
    if (action_) action_();
  }
}

} // namespace hermesh
