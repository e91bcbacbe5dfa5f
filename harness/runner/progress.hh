// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace hermesh {

/// Where a trial tells what it is doing, so that nobody watches a silent screen. Called from one
/// thread at a time.
class Progress {
public:
  virtual ~Progress() = default;
  virtual void
  phase(std::string_view name) = 0; ///< "boot", "certification", ...: the last one is over
  virtual void note(const std::string& line) = 0; ///< something worth a line of its own
  virtual void live(const std::string& line) = 0; ///< replaces the previous live line on a terminal
};

} // namespace hermesh
