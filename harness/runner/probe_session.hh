// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/fd.hh"
#include "base/time.hh"
#include "judge/judge.hh"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hermesh {

struct ProbeOptions {
  std::string requester; ///< machine A
  std::string responder; ///< machine B
  Address target;        ///< where A reaches B: the overlay address
  std::uint16_t port = 7000;
  std::chrono::milliseconds interval{100};
  std::uint64_t seed = 0; ///< of the length code
  std::uint32_t stream = 1;
  std::function<Time()> now; ///< the fabric's clock
};

/// A conversation between the probe programs of two machines: A asks, B answers. Guest clocks are
/// mapped to the fabric's by their best round trip. No thread: events are read by pump().
class ProbeSession {
public:
  /// Takes the machines' probe streams (Machine::open_probe), synchronises both clocks, starts the
  /// responder, then the requester. Throws Error (naming the machine) when a probe program does not
  /// answer in 60 s.
  ProbeSession(Fd requester, Fd responder, ProbeOptions options);
  ~ProbeSession();

  /// Read events for so long. Throws Error when a stream ends.
  void pump(std::chrono::milliseconds duration);

  ProbeTrack there() const; ///< requests, A to B
  ProbeTrack back() const;  ///< replies, B to A
  std::uint32_t sent() const;
  std::uint32_t answered() const;          ///< requests whose reply came back
  std::optional<Time> last_answer() const; ///< when the latest reply arrived
  std::uint32_t answered_between(Time from,
                                 Time to) const; ///< requests sent in [from, to) that were answered
  std::uint32_t sent_between(Time from, Time to) const;
  /// That machine stood still, and its clock with it (ProbeClock::stood_still).
  void stood_still(const std::string& machine, Time from, Time to);
  Duration clock_uncertainty() const; ///< the worse of the two
  void stop();                        ///< both sides are quiet afterwards

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hermesh
