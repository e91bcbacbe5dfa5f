// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace hermesh {

/// The JSON Schema (draft 2020-12) of one kind of input file, for editors. The readers decide: a
/// schema never refuses what they take, and lets pass what only looking at several fields, or at
/// other files, can tell.
struct Schema {
  std::string_view kind; ///< "topology", "scenario", "profile", "vpn"
  std::string_view text; ///< a JSON document, with a newline at its end
};

std::span<const Schema> schemas();

} // namespace hermesh
