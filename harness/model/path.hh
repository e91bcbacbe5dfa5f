// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// How packets get from one peer to another. Ordered from best to worst.
enum class PathKind : std::uint8_t {
  local,       ///< stays on one segment
  direct,      ///< from the sender's card to the receiver's, through gateways only
  relayed,     ///< another machine received it and sent it on
  unreachable, ///< nothing arrives
};

/// A path and, when relayed, through whom.
struct Path {
  PathKind kind = PathKind::unreachable;
  std::string via{}; ///< the machine that sent the last leg, when relayed
  bool infrastructure =
      false; ///< `via` is a relay server (role "relay"), not a member that forwards

  bool operator==(const Path&) const = default;
};

/// A stretch of time during which one direction took one path.
struct PathInterval {
  Time from{0};
  Time to{0};
  Path path{};
  std::uint32_t probes = 0; ///< how many probes arrived (or, when unreachable, were lost)

  bool operator==(const PathInterval&) const = default;
};

std::string to_string(PathKind kind);
std::optional<PathKind> parse_path_kind(std::string_view text);
std::string to_string(const Path& path); ///< "direct", "relayed via r"

} // namespace hermesh
