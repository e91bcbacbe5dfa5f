// SPDX-License-Identifier: MIT
#pragma once

#include "base/interrupt.hh"
#include "judge/punches.hh"
#include "report/result.hh"
#include "runner/progress.hh"
#include "runner/trial.hh"
#include "runner/trial_spec.hh"

#include <string>
#include <vector>

namespace hermesh {

/// One pair of NATs: what the reference puncher achieved through them, and what theory says.
struct MatrixCell {
  nat::Behaviour a, b;   ///< of the gateway next to A, and of the one next to B
  bool direct = false;   ///< off the wire
  bool claimed = false;  ///< by the punchers
  bool expected = false; ///< by the oracle
  bool certified = true; ///< both gateways were measured to be what they are declared to be
  Duration took{0};

  bool as_expected() const { return certified && direct == expected; }
};

struct Matrix {
  std::vector<MatrixCell> cells; ///< the 9 x 9 kinds in the oracle's order
  std::vector<PhaseTime> phases;

  std::size_t direct_count() const;
  std::size_t surprises() const; ///< cells that are not as expected
};

/// The nine mapping x filtering kinds; EIM keeps ports, the others draw them.
std::vector<nat::Behaviour> nine_kinds(nat::FlowRule flows);

/// All 81 pairs of kinds in the gateways next to the pair's machines; what lies beyond them stays
/// as the scenario says. The guests stay up: between two cells the gateways are given other rules,
/// forget everything and are certified anew. Throws InputError when a peer has no gateway.
Matrix run_matrix(const TrialSpec& spec,
                  nat::FlowRule flows,
                  const TrialOptions& options,
                  Progress& progress,
                  Interrupt& interrupt);

/// The same with virtual hosts in place of guests, in a moment.
Matrix run_virtual_matrix(const TrialSpec& spec, nat::FlowRule flows);

} // namespace hermesh
