// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "model/path.hh"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// One probe packet of one direction, as the two probe programs saw it, on the fabric's clock.
struct ProbeRecord {
  std::uint32_t sequence = 0;
  std::size_t length = 0; ///< UDP payload at the sender
  Time sent{0};
  std::optional<Time> received{}; ///< empty: it never arrived

  bool operator==(const ProbeRecord&) const = default;
};

/// One direction's probes: who sends, who receives, what happened.
struct ProbeTrack {
  std::string from; ///< machine
  std::string to;
  std::vector<ProbeRecord> probes; ///< in order of sequence

  bool operator==(const ProbeTrack&) const = default;
};

/// What the judge needs to know about a machine: which captures' interfaces are its cards, and
/// whether it is infrastructure. Not how any gateway behaves, and nothing that a VPN said.
struct JudgedMachine {
  std::string name;
  bool infrastructure = false;
};

/// How one probe travelled.
struct ProbeVerdict {
  std::uint32_t sequence = 0;
  Time sent{0};
  std::optional<Time> received{};
  Path path{}; ///< unreachable when it did not arrive; says nothing when it arrived unidentified
  bool identified = false; ///< its frame was recognised on the receiver's segment

  bool operator==(const ProbeVerdict&) const = default;
};

struct DirectionVerdict {
  std::vector<ProbeVerdict> probes; ///< in order of sequence
  /// Neighbours with the same path are joined. An interval lasts until the next begins;
  /// PathInterval::probes counts those that were identified (or lost). Fewer than 3 losses, or
  /// unidentified probes, in a row end none.
  std::vector<PathInterval> timeline;
  /// The path of the last interval with at least 5 identified probes; unreachable when the last 10
  /// were lost, or none ever arrived.
  Path settled{};
  bool proven = false; ///< `settled` rests on so many probes; else it is the last thing seen
  std::uint32_t unidentified = 0; ///< arrived, but no frame could be told apart

  bool operator==(const DirectionVerdict&) const = default;
};

/// Reads every *.pcapng in `captures` and follows each probe: the frame that reached the receiver's
/// card with the probe's length and moment, and the machine whose card last emitted that very
/// payload (gateways rewrite headers, never payloads). See judge/README.md for the reasoning.
/// Throws Error when a capture cannot be read, or the track names a machine that is not in
/// `machines`.
DirectionVerdict judge(const std::filesystem::path& captures,
                       const std::vector<JudgedMachine>& machines,
                       const ProbeTrack& track);

} // namespace hermesh
