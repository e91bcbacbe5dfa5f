// SPDX-License-Identifier: MIT
#include "model/schemas.hh"

#include <array>

namespace hermesh {
namespace {

// The build makes these of model/schemas/*.json.
constexpr std::string_view topology_schema =
#include "model/schemas/topology.schema.json.inc"
    ;
constexpr std::string_view scenario_schema =
#include "model/schemas/scenario.schema.json.inc"
    ;
constexpr std::string_view profile_schema =
#include "model/schemas/profile.schema.json.inc"
    ;
constexpr std::string_view vpn_schema =
#include "model/schemas/vpn.schema.json.inc"
    ;

constexpr std::array all_schemas{Schema{.kind = "topology", .text = topology_schema},
                                 Schema{.kind = "scenario", .text = scenario_schema},
                                 Schema{.kind = "profile", .text = profile_schema},
                                 Schema{.kind = "vpn", .text = vpn_schema}};

} // namespace

std::span<const Schema> schemas() {
  return all_schemas;
}

} // namespace hermesh
