// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace hermesh {

inline constexpr std::string_view qemu_program = "qemu-system-x86_64";

/// The program's absolute path, as a shell would find it on the PATH.
std::optional<std::filesystem::path> find_program(std::string_view name);
/// Throws Error that says what to install.
std::filesystem::path require_program(std::string_view name);

} // namespace hermesh
