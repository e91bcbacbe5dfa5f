// SPDX-License-Identifier: MIT
#pragma once

#include "report/result.hh"

#include <string>

namespace hermesh {

/// The end of the last interval of all directions.
Time timeline_end(const std::vector<DirectionResult>& paths);
/// A direction's path over [0, end) as one letter per cell: '=' direct or local, '~' relayed, '.'
/// nothing. Where a cell holds several paths, the one with most of its time.
std::string timeline_bar(const DirectionResult& direction, Time end, std::size_t cells);
/// "nothing until 0.4s, relayed via r until 1.6s, direct until 12s".
std::string timeline_words(const DirectionResult& direction);
/// "0.42s", "12.3s", "340ms": three digits are enough for people.
std::string rough(Duration duration);

} // namespace hermesh
