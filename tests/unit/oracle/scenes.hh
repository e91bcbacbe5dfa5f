// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "oracle/oracle.hh"
#include "packets.hh"

#include <array>
#include <string>

namespace hermesh::oracle {

inline constexpr std::array grades{nat::Dependence::endpoint_independent,
                                   nat::Dependence::address_dependent,
                                   nat::Dependence::address_and_port_dependent};
inline constexpr std::array orders{
    PunchWorld::Order::a_first, PunchWorld::Order::b_first, PunchWorld::Order::crossing};

std::string describe(const Scene& scene);

/// A scene's sides as the formula has them.
Side side_a(const Scene& scene);
Side side_b(const Scene& scene);

/// Scenes of up to three layers a side, drawn from all kinds of boxes.
class SceneDraw {
public:
  explicit SceneDraw(std::uint64_t seed) : random_(seed) {}

  Scene scene();
  /// With gateways that draw among several addresses.
  Scene scene_with_pools();
  /// With gateways that grant ports, and hosts that ask for them.
  Scene scene_with_leases();
  /// With gateways that let out not all.
  Scene scene_with_policies();

private:
  bool one_in(std::uint32_t n) { return random_.below(n) == 0; }
  nat::Behaviour layer();
  std::vector<nat::Behaviour> chain(std::uint32_t most);
  template <typename Change>
  Scene changed(Change change);

  Random random_;
};

} // namespace hermesh::oracle
