// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "base/time.hh"
#include "runner/probe_clock.hh"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hermesh {

/// One end of a ProbeSession: the conversation with one machine's probe program
/// (probe/protocol.hh).
class ProbeLink {
public:
  using EventSink = std::function<void(const nlohmann::json&)>;

  /// Takes the machine's stream, non-blocking. Sends what begins a session (its answer is awaited
  /// by ready()).
  ProbeLink(std::string machine, Fd stream, std::function<Time()> now, EventSink sink);

  int fd() const { return stream_.get(); }
  const std::string& machine() const { return machine_; }
  const ProbeClock& clock() const { return clock_; }

  /// Sends a request, returns its id. Throws Error when the program does not read for too long.
  std::uint64_t send(nlohmann::json request);
  /// The answer to a request, when it has come. Throws Error when the program refused.
  std::optional<nlohmann::json> take_answer(std::uint64_t id);
  /// The stream is readable. Throws Error when it has ended.
  void read();

  bool ready() const { return ready_; } ///< a predecessor's lines are over
  /// Ask for the time, unless the last such question is still open; its answer goes to clock().
  void ask_clock();
  void stood_still(Time from, Time to) { clock_.stood_still(from, to); }
  bool clock_asked() const { return clock_id_ != 0; }

private:
  void write(std::string_view text);
  void take_line(const std::string& line);
  [[noreturn]] void fail(const std::string& what) const;

  std::string machine_;
  Fd stream_;
  std::function<Time()> now_;
  EventSink sink_;
  std::string partial_{};
  std::uint64_t next_id_;
  std::uint64_t first_id_ = 0;
  bool ready_ = false;
  std::map<std::uint64_t, nlohmann::json> answers_{};
  std::uint64_t clock_id_ = 0;
  Time clock_asked_{0};
  Time read_at_{0};
  ProbeClock clock_{};
};

} // namespace hermesh
