// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

#include <tsl/robin_map.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace hermesh {

/// Which port of a segment a MAC address is behind. Those of cards and gateways are pinned: no
/// frame moves them. The rest is learned from frames, a bounded number per port, so that a guest
/// that forges addresses cannot push the others out.
class MacTable {
public:
  static constexpr std::size_t most_per_port = 64;

  void pin(const MacAddress& mac, std::uint32_t port);

  /// A frame from `mac` came in by `port`. False: it is forged, the address is pinned elsewhere.
  bool learn(const MacAddress& mac, std::uint32_t port);

  std::optional<std::uint32_t> find(const MacAddress& mac) const {
    const auto found = places_.find(key(mac));
    if (found == places_.end()) return std::nullopt;
    return found->second.port;
  }

  /// All that was learned or pinned for a port that is gone.
  void forget(std::uint32_t port);

private:
  struct Place {
    std::uint32_t port = 0;
    bool pinned = false;
  };
  struct Mix {
    std::size_t operator()(std::uint64_t mac) const noexcept {
      return (mac * 0x9e3779b97f4a7c15ULL) >> 16;
    }
  };

  static std::uint64_t key(const MacAddress& mac) {
    std::uint64_t value = 0;
    std::memcpy(&value, mac.bytes.data(), mac.bytes.size());
    return value;
  }

  tsl::robin_map<std::uint64_t, Place, Mix> places_;
  std::vector<std::uint32_t> learned_; ///< by port: how many
};

} // namespace hermesh
