// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "nat/translation.hh"

#include <tsl/robin_map.h>

#include <optional>

namespace hermesh {

/// While a gateway is open (the control of an "unreachable"), inbound packets that no mapping wants
/// go to one host inside, with their port unchanged; this remembers to answer from that port.
/// Bounded: beyond the limit a flow is not opened.
class OpenedFlows {
public:
  static constexpr std::size_t most_flows = 4096;

  bool remember(nat::Protocol protocol,
                const Endpoint& inside,
                const Endpoint& remote,
                const Endpoint& external) {
    const Key key{inside, remote, protocol};
    if (flows_.size() >= most_flows && !flows_.contains(key)) return false;
    flows_.insert_or_assign(key, external);
    return true;
  }

  std::optional<Endpoint>
  find(nat::Protocol protocol, const Endpoint& inside, const Endpoint& remote) const {
    if (flows_.empty()) return std::nullopt;
    const auto found = flows_.find(Key{inside, remote, protocol});
    if (found == flows_.end()) return std::nullopt;
    return found->second;
  }

  void clear() { flows_.clear(); }

private:
  struct Key {
    Endpoint inside{};
    Endpoint remote{};
    nat::Protocol protocol{};

    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return hash_of(key.remote, hash_of(key.inside, static_cast<std::uint64_t>(key.protocol)));
    }
  };

  tsl::robin_map<Key, Endpoint, KeyHash> flows_;
};

} // namespace hermesh
