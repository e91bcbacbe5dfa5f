// SPDX-License-Identifier: MIT
#include "cli/terminal_progress.hh"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace hermesh::cli {
namespace {

using namespace std::chrono_literals;

/// So that a rewritten line never wraps.
std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

} // namespace

TerminalProgress::TerminalProgress()
    : terminal_(::isatty(STDERR_FILENO) == 1), start_(std::chrono::steady_clock::now()) {}

TerminalProgress::~TerminalProgress() {
  clear_live();
}

std::string TerminalProgress::stamp() const {
  const auto passed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  return fmt::format("{:6.1f} s  ", passed);
}

void TerminalProgress::clear_live() {
  if (live_shown_) fmt::print(stderr, "\r\x1b[K");
  live_shown_ = false;
}

void TerminalProgress::phase(std::string_view name) {
  note(std::string(name));
}

void TerminalProgress::note(const std::string& line) {
  clear_live();
  fmt::print(stderr, "{}{}\n", stamp(), line);
}

void TerminalProgress::live(const std::string& line) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_) {
    if (now - last_live_ < 10s) return;
    last_live_ = now;
    return note(line);
  }
  clear_live();
  const auto text = stamp() + line;
  fmt::print(stderr, "{}", text.substr(0, terminal_width() - 1));
  std::fflush(stderr);
  live_shown_ = true;
}

} // namespace hermesh::cli
