// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "nat/behaviour.hh"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <vector>

namespace hermesh::testing {

/// A gateway as a scenario may declare it: every axis at random, extremes more often than their
/// share, never contradictory.
nat::Behaviour random_behaviour(Random& random);

/// One field of a behaviour, by its name in a scenario.
struct Axis {
  const char* name;
  std::function<void(nat::Behaviour& to, const nat::Behaviour& from)> copy;
};
const std::vector<Axis>& axes();

/// Those that are not at their default.
std::vector<const Axis*> unusual_axes(const nat::Behaviour& behaviour);

/// A smaller behaviour of which `fails` is still true: axis by axis back to its default, as long as
/// that changes anything. `fails` is true of `behaviour`; it is asked of no contradictory one.
nat::Behaviour shrink(nat::Behaviour behaviour,
                      const std::function<bool(const nat::Behaviour&)>& fails);

/// The scenario file in which gateways of role `home` behave so: fields at their default are left
/// out.
nlohmann::ordered_json scenario_document(const nat::Behaviour& behaviour);

} // namespace hermesh::testing
