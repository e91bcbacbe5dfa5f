// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace hermesh::probe {

/// The control stream: lines in, lines out, never blocking. What the host does not read waits in a
/// bounded queue; when that is full the oldest events go, so that a slow host never holds up a
/// probe.
class Control {
public:
  static constexpr std::size_t most_queued =
      1024 * 1024; ///< bytes of events that wait: minutes of probing
  static constexpr std::size_t longest_line = 16 * 1024; ///< a longer one is refused

  /// The two ends may be one descriptor. Both must be non-blocking, and outlive this.
  Control(int in, int out) : in_(in), out_(out) {}

  /// What has come, by line; `too_long` counts lines that were refused. False: the host is gone.
  bool read(std::vector<std::string>& lines, std::size_t& too_long);

  void answer(std::string line); ///< is never dropped
  void event(std::string line);
  bool flush(); ///< writes as much as fits; false: the host is gone

  bool pending() const { return !queue_.empty(); }
  /// So much waits that no more requests should be read.
  bool congested() const { return queued_ > 2 * most_queued; }
  void reset(); ///< forget everything: the host has gone

  int in() const { return in_; }
  int out() const { return out_; }

private:
  struct Line {
    std::string text;
    bool event;
  };

  void push(std::string line, bool event);
  void make_room();
  void split(std::vector<std::string>& lines, std::size_t& too_long);

  int in_;
  int out_;
  std::string partial_{};
  bool skipping_ = false; ///< the rest of a line that was too long
  std::deque<Line> queue_{};
  std::size_t queued_ = 0;
  std::size_t written_ = 0; ///< of the first line
  std::uint64_t dropped_ = 0;
};

} // namespace hermesh::probe
