// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hermesh {

using Duration = std::chrono::nanoseconds;

/// A moment on the fabric's clock: the time since the lab was made. Every layer that judges or
/// translates takes it as an argument; only the fabric's loop and the runner read a real clock.
using Time = std::chrono::nanoseconds;

/// "250ms", "30s", "2m", "1h", "15us"; a whole or decimal number and a unit. Empty when malformed.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest exact form of the above: 1500 ms is "1500ms", 120 s is "2m".
std::string to_string(Duration duration);

} // namespace hermesh
