// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "base/time.hh"
#include "model/profile.hh"

#include <array>
#include <cstddef>
#include <cstdint>

namespace hermesh {

/// What a card's profile does to the frames that its machine sends, with the rules of tc-netem(8):
/// duplication and loss are drawn first; a frame that is "reordered" goes at once, every other one
/// after delay ± jitter; a rate adds the time that the frame takes behind those before it.
/// Pure: it says when frames arrive, the caller keeps them.
class Link {
public:
  /// Frames that may wait at once: netem's own default limit.
  static constexpr std::size_t queue_limit = 1000;

  Link(const Profile& profile, std::uint64_t seed) : profile_(profile), random_(seed) {}

  bool impairs() const { return profile_.impairs(); }

  struct Arrivals {
    std::size_t count = 0; ///< 0: lost; 2: duplicated
    std::array<Time, 2> at{};
  };
  /// Frames of `bytes` bytes that enter now. Every call draws anew.
  Arrivals enter(std::size_t bytes, Time now);

private:
  bool happens(double percent);
  bool reordered();
  Time arrival(std::size_t bytes, Time now);

  Profile profile_;
  Random random_;
  double last_reorder_draw_ = 0; ///< in [0, 1): what the next draw is correlated with
  Time line_free_{0};            ///< when the last frame has left, of a link with a rate
};

} // namespace hermesh
