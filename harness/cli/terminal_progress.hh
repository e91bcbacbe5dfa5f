// SPDX-License-Identifier: MIT
#pragma once

#include "runner/progress.hh"

#include <chrono>
#include <string>

namespace hermesh::cli {

/// Progress on stderr: a line per phase and note, and on a terminal a live line that is rewritten
/// in place (off a terminal a live line is printed every ten seconds, so that a log shows life).
class TerminalProgress : public Progress {
public:
  TerminalProgress();
  ~TerminalProgress() override;
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void phase(std::string_view name) override;
  void note(const std::string& line) override;
  void live(const std::string& line) override;

private:
  void clear_live();
  std::string stamp() const;

  bool terminal_;
  bool live_shown_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_live_{};
};

} // namespace hermesh::cli
