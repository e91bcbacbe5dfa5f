// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace hermesh {

/// A mix of all bits in which each bit of the input changes about half of the output's
/// (SplitMix64's).
constexpr std::uint64_t mix_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// A seed of its own for `name`, derived from the trial's seed: everything random in a trial hangs
/// on one number, and adding a consumer changes no other consumer's draws. Not for keys (see
/// vpn/keys.hh).
constexpr std::uint64_t derive_seed(std::uint64_t seed, std::string_view name) {
  // FNV-1a. The seed is mixed first: small seeds and letters would cancel, (1, "a") and (2, "b") be
  // one.
  std::uint64_t hash = 14695981039346656037ULL ^ mix_bits(seed);
  for (const char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return mix_bits(hash);
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same on every platform, which the
/// standard distributions are not.
class Random {
public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mix_bits(state_);
  }

  /// Uniform in [0, bound); `bound` > 0. The bias of the multiplication is below 2^-32.
  constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// Uniform in [0, 1).
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

private:
  std::uint64_t state_;
};

} // namespace hermesh
