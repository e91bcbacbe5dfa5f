// SPDX-License-Identifier: MIT
#pragma once

#include "base/interrupt.hh"
#include "oracle/oracle.hh"
#include "report/result.hh"
#include "runner/progress.hh"
#include "runner/trial.hh"
#include "runner/trial_spec.hh"

#include <string>
#include <vector>

namespace hermesh {

/// What the reference puncher achieved through one set of gateways, and what theory says.
struct Attempt {
  bool direct = false;  ///< off the wire
  bool claimed = false; ///< by the punchers
  oracle::Expectation expected{};
  bool certified = true; ///< every gateway was measured to be what it is declared to be
  std::string differs{}; ///< else: the first that was not, and in what
  Duration took{0};

  /// What is left to chance may come out either way.
  bool as_expected() const {
    return certified && (expected.certainty == oracle::Certainty::may ||
                         direct == (expected.path == PathKind::direct));
  }
};

struct Attempts {
  std::vector<Attempt> cells; ///< one for each network, in their order
  std::vector<PhaseTime> phases;
};

/// One lab in which the reference puncher tries each of `networks` in turn: the topology of `spec`
/// bound to one scenario after the other. The guests stay up: between two attempts the gateways
/// are given other rules, forget everything and are certified anew. Throws InputError when no
/// machine introduces the pair.
Attempts run_attempts(const TrialSpec& spec,
                      const std::vector<Network>& networks,
                      nat::Protocol transport,
                      const TrialOptions& options,
                      Progress& progress,
                      Interrupt& interrupt);

/// The same over UDP with virtual hosts in place of guests, in a moment.
Attempts run_virtual_attempts(const TrialSpec& spec, const std::vector<Network>& networks);

} // namespace hermesh
