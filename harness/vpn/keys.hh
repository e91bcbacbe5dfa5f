// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hermesh {

/// Key material for a trial, from its seed alone: the same seed gives the same keys on every
/// machine and release. BLAKE2b-256 (RFC 7693) over the seed (8 bytes, big endian) and the three
/// names, each with its length before it so that no two lists of names meet. An empty `machine`: a
/// key of the lab as a whole. 32 bytes; lab keys, worth nothing outside it.
std::string derive_key(std::uint64_t seed,
                       std::string_view vpn,
                       std::string_view machine,
                       std::string_view purpose);

/// The five bits that RFC 7748 section 5 fixes in an X25519 private key, fixed.
std::string x25519_clamp(std::string_view private_key);
/// The public key of a 32-byte private key, clamped or not (RFC 7748 section 5).
std::string x25519_public(std::string_view private_key);

/// RFC 8032 section 5.1: the public key, and a signature, of a 32-byte seed.
std::string ed25519_public(std::string_view seed);
std::string ed25519_sign(std::string_view seed, std::string_view message);

std::string sha256(std::string_view data);
std::string sha512(std::string_view data);
std::string blake2b(std::string_view data, std::size_t length = 32); ///< length 16..64

} // namespace hermesh
