// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <cstdint>
#include <string>

namespace hermesh {

/// An impairment of one direction of a link, in the terms of tc-netem(8):
/// nat-scenarios/profiles/*.json. The default impairs nothing.
struct Profile {
  std::string name = "baseline";
  std::string description{};
  Duration delay{0};              ///< added to every frame
  Duration jitter{0};             ///< uniform in [-jitter, +jitter]; a negative sum counts as zero
  double loss_percent = 0;        ///< 0..100
  double reorder_percent = 0;     ///< 0..100: sent at once instead of after the delay
  double duplicate_percent = 0;   ///< 0..100
  double correlation_percent = 0; ///< 0..100: of `reorder_percent` with its previous draw
  std::uint64_t rate_bits_per_second = 0; ///< 0: unlimited

  bool impairs() const {
    return delay > Duration::zero() || jitter > Duration::zero() || loss_percent > 0 ||
           reorder_percent > 0 || duplicate_percent > 0 || rate_bits_per_second > 0;
  }
  bool operator==(const Profile&) const = default;
};

} // namespace hermesh
