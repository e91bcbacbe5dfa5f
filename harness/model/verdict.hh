// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace hermesh {

/// What a trial showed. The last three are the lab's, and never count for or against a VPN.
enum class Verdict : std::uint8_t {
  as_expected,
  better_than_expected,
  worse_than_expected,
  invalid,       ///< a gateway failed its certification
  inconclusive,  ///< the host starved the lab, or a control failed
  harness_error, ///< the harness could not do its job
};

std::string to_string(Verdict verdict);

/// 0 as expected or better, 1 worse than expected, 3 the lab failed. (2 is bad usage or input.)
int exit_status(Verdict verdict);

} // namespace hermesh
