// SPDX-License-Identifier: MIT
#pragma once

#include "base/interrupt.hh"
#include "oracle/oracle.hh"
#include "report/result.hh"
#include "runner/lab.hh"
#include "runner/progress.hh"
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
  bool attempted = true; ///< the punchers were told of each other, if the gateways let them ask
  std::string differs{}; ///< where either is not so: the gateway and in what, or who was not told
  Duration took{0};

  /// Else it says nothing about theory, nor about the gateways.
  bool is_sound() const { return certified && attempted; }
  /// What is left to chance may come out either way.
  bool as_expected() const {
    return is_sound() && (expected.certainty == oracle::Certainty::may ||
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
                      const LabOptions& options,
                      Progress& progress,
                      Interrupt& interrupt);

/// The same over UDP with virtual hosts in place of guests, in a moment.
Attempts run_virtual_attempts(const TrialSpec& spec, const std::vector<Network>& networks);

} // namespace hermesh
