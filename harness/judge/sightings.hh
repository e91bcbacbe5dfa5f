// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "judge/judge.hh"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hermesh {

/// A switch port as the captures name it. "a.eth0" belongs to a machine, "gw.inside0" and
/// "gw.outside" to a gateway.
struct SeenPort {
  enum class Kind : std::uint8_t { machine, gateway, other };

  std::string owner;
  Kind kind = Kind::other;
  std::uint32_t segment = 0;
  std::size_t machine = 0; ///< index into the judged machines, when it is one's card

  bool operator==(const SeenPort&) const = default;
};

inline constexpr std::uint32_t no_port = UINT32_MAX;

/// One UDP or TCP frame on one segment: who put it there, and for whom.
struct Sighting {
  Time time{0};
  std::uint64_t payload = 0; ///< the same on every segment that this payload crosses unchanged
  std::uint64_t flow = 0;
  std::uint32_t length = 0;
  std::uint32_t from = no_port;
  std::uint32_t to = no_port; ///< the only port that its destination MAC ever spoke from; no_port:
                              ///< unknown, or a group
  bool udp = true;
  bool dropped = false;     ///< the fabric dropped it after this segment: it went no further
  bool was_switched = true; ///< of a dropped one: there is another record, of when it was switched
};

/// Who sent a frame, found by following it back through gateways.
struct Origin {
  std::size_t machine = 0;
  bool on_lan = false; ///< it crossed no gateway, and the segment is the inside of one
};

/// What the captures hold of a stretch of time, as compact records (about 50 bytes a frame).
class Sightings {
public:
  /// UDP of `shortest` to `longest` payload bytes and TCP with any, seen in [from, to]. MAC
  /// addresses are learnt from all of each file.
  struct Wanted {
    Time from{0};
    Time to{0};
    std::uint32_t shortest = 0;
    std::uint32_t longest = 0;
  };

  /// Reads every *.pcapng in the directory. Throws Error when it or one of them cannot be read.
  Sightings(const std::filesystem::path& captures,
            std::span<const JudgedMachine> machines,
            const Wanted& wanted);

  /// Indices of the frames that reached a machine's cards from elsewhere, in order of time.
  std::vector<std::uint32_t> arrivals(std::size_t machine) const;
  const Sighting& at(std::uint32_t index) const { return all_[index]; }
  /// Empty when the trail is lost.
  std::optional<Origin> origin(std::uint32_t index) const;

private:
  friend class CaptureReader;

  void finish();
  void cancel_dropped();
  std::span<const std::uint32_t> until(const Sighting& sighting) const;
  std::optional<std::uint32_t> into_gateway(const Sighting& out) const;

  std::vector<SeenPort> ports_{};
  std::vector<bool> segment_is_lan_{};
  std::vector<Sighting> all_{};             ///< in order of time
  std::vector<std::uint32_t> by_payload_{}; ///< indices, by payload and then time
};

} // namespace hermesh
