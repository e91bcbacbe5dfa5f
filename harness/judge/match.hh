// SPDX-License-Identifier: MIT
#pragma once

#include "judge/judge.hh"
#include "judge/sightings.hh"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace hermesh {

/// The two clocks that meet here differ by so much at most: probe times are the guests', mapped.
inline constexpr Duration clock_slack = std::chrono::milliseconds{20};

/// For each probe of a track where the frame that brought it came from; empty: lost, or not to be
/// told.
using Origins = std::vector<std::optional<Origin>>;

/// What must speak for a frame before it is taken for a probe's.
enum class Trust : std::uint8_t {
  neighbours,   ///< other probes saw the same sender add the same overhead
  itself_alone, ///< or: nothing else fits, and that sender sent nothing else of such a length
                ///< around then
};

/// Datagram transports: each probe is one frame whose length tells its symbol. Fills what is empty
/// in `origins`.
void match_datagrams(const Sightings& sightings,
                     std::span<const std::uint32_t> arrivals,
                     const std::vector<ProbeRecord>& probes,
                     std::size_t machines,
                     Trust trust,
                     Origins& origins);

/// Stream transports blur lengths: which sender's TCP flow carries bytes in step with the probes.
/// Fills what is empty in `origins`.
void match_streams(const Sightings& sightings,
                   std::span<const std::uint32_t> arrivals,
                   const std::vector<ProbeRecord>& probes,
                   Origins& origins);

} // namespace hermesh
