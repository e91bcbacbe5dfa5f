// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace hermesh::cli {

/// The guest image to use: `given` if any, else HERMESH_GUEST, else where `hermesh image build`
/// puts it.
std::filesystem::path guest_folder(const std::string& given);
/// Where `hermesh image build` puts it by default: guests/debian in the build tree, or in the
/// user's cache when the program is installed.
std::filesystem::path default_guest_folder();

} // namespace hermesh::cli
