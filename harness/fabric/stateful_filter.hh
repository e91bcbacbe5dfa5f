// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/time.hh"
#include "nat/behaviour.hh"

#include <tsl/robin_map.h>

#include <cstdint>

namespace hermesh {

/// A firewall without translation, as IPv6 gateways have it (RFC 6092): what went out from an
/// inside endpoint lets packets in, by the filtering grade of the gateway's behaviour. Its mapping
/// is the identity. Bounded; idle entries end by the behaviour's timers.
class StatefulFilter {
public:
  static constexpr std::size_t most_entries = 65536;

  explicit StatefulFilter(const nat::Behaviour& behaviour) : behaviour_(behaviour) {}

  void set_behaviour(const nat::Behaviour& behaviour) { behaviour_ = behaviour; }

  /// False when there is no room for one more.
  bool outbound(std::uint8_t protocol, const Endpoint& inside, const Endpoint& remote, Time now);
  bool inbound(std::uint8_t protocol, const Endpoint& inside, const Endpoint& remote, Time now);

  /// Would `inbound` let a packet in? Changes nothing.
  bool knows(std::uint8_t protocol, const Endpoint& inside, const Endpoint& remote, Time now) const;

  /// What was aged is as if it had not been, too.
  void clear() {
    entries_.clear();
    skew_ = {};
    next_sweep_ = {};
  }
  void age(Duration by) { skew_ += by; }
  /// As if others had taken every entry.
  void fill(bool on) { filled_ = on; }

private:
  struct Key {
    Endpoint inside{};
    Endpoint remote{}; ///< as far as the filter looks at it
    std::uint8_t protocol = 0;

    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return hash_of(key.remote, hash_of(key.inside, key.protocol));
    }
  };
  struct Entry {
    Time last{0};
    bool replied = false;
  };

  Key key_of(std::uint8_t protocol, const Endpoint& inside, const Endpoint& remote) const;
  bool lives(const Key& key, const Entry& entry, Time now) const;
  void make_room(Time now);

  nat::Behaviour behaviour_;
  Time next_sweep_{0};
  bool filled_ = false;
  Duration skew_{0}; ///< this far ahead of the fabric's clock
  tsl::robin_map<Key, Entry, KeyHash> entries_;
};

} // namespace hermesh
