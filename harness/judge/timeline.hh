// SPDX-License-Identifier: MIT
#pragma once

#include "judge/judge.hh"

namespace hermesh {

/// Joins `verdict.probes` to `timeline`, and says what settled. Counts `unidentified`.
void draw_timeline(DirectionVerdict& verdict);

} // namespace hermesh
