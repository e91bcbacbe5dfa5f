// SPDX-License-Identifier: MIT
#include "cli/attempt_text.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace hermesh::cli {
namespace {

const char* path_word(bool direct) {
  return direct ? "direct" : "unreachable";
}

} // namespace

std::string attempt_text(const Attempt& attempt) {
  if (!attempt.is_sound()) return "invalid!";
  return std::string(attempt.direct ? "direct" : "-") + (attempt.as_expected() ? "" : "!");
}

std::size_t surprises(const Attempts& attempts) {
  return static_cast<std::size_t>(std::ranges::count(attempts.cells, false, &Attempt::as_expected));
}

std::string count_text(const Attempts& attempts) {
  return fmt::format("{} of {} as theory says",
                     attempts.cells.size() - surprises(attempts),
                     attempts.cells.size());
}

std::string phases_text(const Attempts& attempts) {
  std::string text;
  if (surprises(attempts) > 0) text += "'!': not as theory says\n";
  for (const auto& phase : attempts.phases) {
    const auto seconds = std::chrono::duration<double>(phase.took).count();
    text += fmt::format("{}: {:.2f} s", phase.phase, seconds);
    if (phase.phase == "cells")
      text += fmt::format(", {:.0f} cells a minute",
                          60.0 * static_cast<double>(attempts.cells.size()) / seconds);
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json attempt_json(const Attempt& attempt) {
  return {{"path", path_word(attempt.direct)},
          {"claim", path_word(attempt.claimed)},
          {"expected", path_word(attempt.expected.path == PathKind::direct)},
          {"certainty", oracle::to_string(attempt.expected.certainty)},
          {"reason", attempt.expected.reason},
          {"as_expected", attempt.as_expected()},
          {"certified", attempt.certified},
          {"attempted", attempt.attempted},
          {"differs",
           attempt.differs.empty() ? nlohmann::ordered_json()
                                   : nlohmann::ordered_json(attempt.differs)},
          {"ms", std::chrono::duration<double, std::milli>(attempt.took).count()}};
}

int exit_status(const Attempts& attempts) {
  if (!std::ranges::all_of(attempts.cells, &Attempt::is_sound)) return 3;
  return surprises(attempts) == 0 ? 0 : 1;
}

} // namespace hermesh::cli
