// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hermesh {

/// This program's version: what `--version` prints and results record. A test holds it to the one
/// in CMakeLists.txt.
inline constexpr std::string_view version = "0.1.0";

} // namespace hermesh
