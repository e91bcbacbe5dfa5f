// SPDX-License-Identifier: MIT
#pragma once

#include "judge/judge.hh"
#include "report/result.hh"
#include "runner/lab.hh"
#include "runner/probe_session.hh"
#include "runner/trial_spec.hh"

#include <filesystem>
#include <string>
#include <vector>

namespace hermesh {

/// Both directions of the pair, as the captures show them.
struct PairVerdict {
  DirectionVerdict there; ///< A to B
  DirectionVerdict back;  ///< B to A

  PathKind path() const { return std::max(there.settled.kind, back.settled.kind); }
  const Path& worse() const {
    return back.settled.kind > there.settled.kind ? back.settled : there.settled;
  }
};

/// Probes the pair and judges as it goes, until the path has settled (see Patience) or patience is
/// over.
class PathPhase {
public:
  PathPhase(Lab& lab, const TrialSpec& spec, std::filesystem::path captures, Progress& progress);

  /// Starts probing from A to B's overlay address. `started`: when the last peer's daemon started.
  void start(const Address& target, Time started);
  /// Returns what had settled; the probes go on until stop().
  PairVerdict settle(const Patience& patience);
  /// Waits at most `patience` for a path other than unreachable, counting from now.
  PairVerdict await_any(Duration patience);
  /// Judges what has been seen so far.
  PairVerdict judge_now();
  ProbeSession& session() { return *session_; }
  Time started() const { return started_; }
  void stop(); ///< session() is gone afterwards

private:
  void watch(const PairVerdict& verdict);

  Lab* lab_;
  const TrialSpec* spec_;
  std::filesystem::path captures_;
  Progress* progress_;
  std::unique_ptr<ProbeSession> session_;
  Time started_{0};
};

/// The directions for the result; times relative to `started`.
std::vector<DirectionResult> directions(const PairVerdict& verdict,
                                        const ProbeTrack& there,
                                        const ProbeTrack& back,
                                        Time started);

} // namespace hermesh
