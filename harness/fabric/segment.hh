// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/flow_counters.hh"
#include "fabric/mac_table.hh"
#include "model/topology.hh"

#include <cstdint>
#include <string>
#include <vector>

namespace hermesh {

/// What a segment's port leads to.
enum class PortKind : std::uint8_t {
  card,    ///< `owner` is a PortId: a machine's card or a virtual host
  gateway, ///< `owner` is a gateway, `side` one of its sides
  gone,    ///< nothing any more; the index stays, since captures refer to it
};

struct SegmentPort {
  std::string name;
  PortKind kind = PortKind::gone;
  std::uint32_t owner = 0;
  std::uint32_t side = 0;
  FlowCounters flows{}; ///< of what comes in by it
};

/// A learning switch. Data; Core moves the frames.
struct Segment {
  SegmentSpec spec;
  std::vector<SegmentPort> ports{};
  MacTable macs{};
  bool lost = false; ///< no frame gets across, and nobody was told
};

/// Where a frame is: on this segment, having come in by this port.
struct Transit {
  std::uint32_t segment = 0;
  std::uint32_t source = 0;
  wire::MutableBytes frame{};
};

} // namespace hermesh
