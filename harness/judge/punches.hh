// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace hermesh {

/// How far one attempt of the reference puncher got, as the captures show it.
struct PunchOnTheWire {
  unsigned punches_to_a = 0; ///< of B's, that reached A's card
  unsigned punches_to_b = 0;
  unsigned answers_to_a = 0; ///< of B's, to punches of A: packets pass both ways
  unsigned answers_to_b = 0;

  bool direct() const { return answers_to_a > 0 || answers_to_b > 0; }
  bool operator==(const PunchOnTheWire&) const = default;
};

/// Reads every *.pcapng in `captures` and follows the punchers' datagrams, which are not encrypted:
/// one counts when it reached the card of machine `a` or `b` (side 0 and 1) and the other's card
/// had sent it. By session. Throws Error when a capture cannot be read.
std::map<std::uint64_t, PunchOnTheWire>
judge_punches(const std::filesystem::path& captures, const std::string& a, const std::string& b);

} // namespace hermesh
