// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string_view>

namespace hermesh {

/// Of what a program on a machine says in JSON: a level more, and it is no JSON to us.
inline constexpr std::size_t deepest_foreign_json = 32;

/// What a program on a machine printed, parsed. Discarded (`is_discarded()`) where it is not JSON,
/// or nested too deeply: the library copies and prints by recursion, and no machine's words may end
/// our stack.
nlohmann::json parse_foreign_json(std::string_view text);

} // namespace hermesh
