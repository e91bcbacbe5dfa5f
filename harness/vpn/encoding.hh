// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hermesh {

/// The encodings that configuration files, keys and certificates are made of.

std::string hex(std::string_view data);       ///< lower case
std::string unhex(std::string_view digits);   ///< InputError when malformed
std::string base64(std::string_view data);    ///< RFC 4648 section 4, padded
std::string base64url(std::string_view data); ///< RFC 4648 section 5, not padded
std::string base32(std::string_view data);    ///< RFC 4648 section 6, padded
std::string base58(std::string_view data);    ///< Bitcoin's alphabet
/// RFC 7468: base64 in lines of 64 between BEGIN and END, with a line break at the end.
std::string pem(std::string_view label, std::string_view data);

std::string u32(std::uint32_t number); ///< 4 bytes, big endian
/// A length (u32), then the data: "string" of RFC 4251 section 5 (SSH).
std::string lv32(std::string_view data);

/// Protocol Buffers' wire format: a varint; a field of it; a field of bytes (also a string or a
/// message); a packed repeated field. `field` is 1 to 2^29 - 1.
std::string pb_varint(std::uint32_t field, std::uint64_t number);
std::string pb_bytes(std::uint32_t field, std::string_view data);
std::string pb_packed(std::uint32_t field, std::span<const std::uint64_t> numbers);

} // namespace hermesh
