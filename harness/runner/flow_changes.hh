// SPDX-License-Identifier: MIT
#pragma once

#include "judge/endpoints.hh"

#include <optional>
#include <span>
#include <string>

namespace hermesh {

/// What a moment did to the flows of one machine, as others see them from outside.
struct FlowChanges {
  std::size_t changed =
      0;                ///< flows (an endpoint of the machine, a remote) seen from elsewhere since
  std::size_t same = 0; ///< and seen from where they were
  std::string before,
      after; ///< of one flow, a changed one if there is any; empty: none on both sides
  std::optional<Time> seen{}; ///< its first packet since

  bool operator==(const FlowChanges&) const = default;
};

/// Compares the last packet of each flow before `asked` with its first from `in_effect` on; those
/// in between may be of either state. With `readdressed` the machine's own endpoints are others
/// since, and its latest packets on either side are compared.
FlowChanges flow_changes(std::span<const SeenEndpoint> packets,
                         Time asked,
                         Time in_effect,
                         bool readdressed = false);

} // namespace hermesh
