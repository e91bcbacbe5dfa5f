// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <vector>

namespace hermesh {

/// Maps a guest's clock to the fabric's. Each exchange with the guest bounds the difference by half
/// its round trip (RFC 5905 section 8). Of every few seconds the exchange with the shortest round
/// trip is kept, and between those the difference is interpolated: an emulated guest's clock drifts
/// by milliseconds a minute.
class ProbeClock {
public:
  /// The guest's clock showed `guest` at some moment between the two times of the fabric.
  void add(Time before, Time guest, Time after);

  /// The guest stood still between the two times of the fabric, its clock too: the difference is
  /// larger since. Without this it would seem to change gradually.
  void stood_still(Time from, Time to);

  /// Only after the first add().
  Time to_fabric(Time guest) const;
  /// What a mapped time may be wrong by, at most.
  Duration uncertainty() const;

private:
  struct Sample {
    Time guest;
    Duration offset; ///< fabric minus guest
    Duration uncertainty;
    bool lasting = false; ///< no better one takes its place
  };

  std::vector<Sample> samples_{}; ///< by guest time, one per window
};

} // namespace hermesh
