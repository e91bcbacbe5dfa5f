// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>

namespace hermesh {

/// $XDG_CACHE_HOME/hermesh or ~/.cache/hermesh, made when it is missing, for what was found out
/// about this host: all of it can be lost. Empty when it cannot be written or belongs to another
/// user (sudo keeps HOME); everything works without it.
std::optional<std::filesystem::path> cache_folder();

} // namespace hermesh
