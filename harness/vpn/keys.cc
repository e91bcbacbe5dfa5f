// SPDX-License-Identifier: MIT
#include "vpn/keys.hh"

#include "base/error.hh"
#include "vpn/encoding.hh"

#include <sodium.h>

#include <array>

namespace hermesh {
namespace {

/// Before its first use the library wants to look at the processor; later calls do nothing.
void ready() {
  static const bool started = sodium_init() >= 0;
  if (!started) throw Error("libsodium could not be started");
}

const unsigned char* raw_bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

template <std::size_t size>
std::string text(const std::array<unsigned char, size>& raw, std::size_t length = size) {
  return {reinterpret_cast<const char*>(raw.data()), length};
}

void require_size(std::string_view what, std::string_view data, std::size_t size) {
  if (data.size() != size)
    throw InputError(std::string(what) + " wants " + std::to_string(size) + " bytes, found " +
                     std::to_string(data.size()));
}

struct KeyPair {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
};

KeyPair key_pair(std::string_view seed) {
  ready();
  require_size("an Ed25519 seed", seed, crypto_sign_SEEDBYTES);
  KeyPair pair;
  crypto_sign_seed_keypair(pair.open.data(), pair.secret.data(), raw_bytes(seed));
  return pair;
}

} // namespace

std::string derive_key(std::uint64_t seed,
                       std::string_view vpn,
                       std::string_view machine,
                       std::string_view purpose) {
  return blake2b(u32(static_cast<std::uint32_t>(seed >> 32)) +
                 u32(static_cast<std::uint32_t>(seed)) + lv32(vpn) + lv32(machine) + lv32(purpose));
}

std::string x25519_clamp(std::string_view private_key) {
  require_size("an X25519 private key", private_key, crypto_scalarmult_BYTES);
  std::string key(private_key);
  const auto change = [&key](std::size_t at, unsigned keep, unsigned set) {
    key[at] = static_cast<char>((static_cast<unsigned char>(key[at]) & keep) | set);
  };
  change(0, 248, 0);
  change(31, 127, 64);
  return key;
}

std::string x25519_public(std::string_view private_key) {
  ready();
  require_size("an X25519 private key", private_key, crypto_scalarmult_BYTES);
  std::array<unsigned char, crypto_scalarmult_BYTES> key{};
  crypto_scalarmult_base(key.data(), raw_bytes(private_key));
  return text(key);
}

std::string ed25519_public(std::string_view seed) {
  return text(key_pair(seed).open);
}

std::string ed25519_sign(std::string_view seed, std::string_view message) {
  const auto pair = key_pair(seed);
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(
      signature.data(), nullptr, raw_bytes(message), message.size(), pair.secret.data());
  return text(signature);
}

std::string sha256(std::string_view data) {
  ready();
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), raw_bytes(data), data.size());
  return text(hash);
}

std::string sha512(std::string_view data) {
  ready();
  std::array<unsigned char, crypto_hash_sha512_BYTES> hash{};
  crypto_hash_sha512(hash.data(), raw_bytes(data), data.size());
  return text(hash);
}

std::string blake2b(std::string_view data, std::size_t length) {
  ready();
  std::array<unsigned char, crypto_generichash_BYTES_MAX> hash{};
  if (length < crypto_generichash_BYTES_MIN || length > hash.size())
    throw InputError("a BLAKE2b hash has 16 to 64 bytes, found " + std::to_string(length));
  crypto_generichash(hash.data(), length, raw_bytes(data), data.size(), nullptr, 0);
  return text(hash, length);
}

} // namespace hermesh
