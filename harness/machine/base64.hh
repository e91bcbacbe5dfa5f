// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hermesh {

/// RFC 4648 section 4, with padding: how the guest agent carries bytes in JSON.
std::string base64_encode(std::string_view bytes);
/// Empty when malformed (wrong length, foreign character, padding in the middle).
std::optional<std::string> base64_decode(std::string_view text);

} // namespace hermesh
