// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/time.hh"
#include "nat/table.hh"

#include <tsl/robin_map.h>

#include <cstdint>
#include <optional>

namespace hermesh {

/// A firewall without translation, as IPv6 gateways have it (RFC 6092): what went out from an
/// inside endpoint lets packets in, by the filtering grade of the gateway's behaviour. What has
/// ports lies in a nat::Table that translates nothing, so that its timers are those of IPv4; what
/// has none is known by its addresses. Bounded. A gateway that is open to IPv6 keeps nothing.
class StatefulFilter {
public:
  static constexpr std::size_t most_entries = 65536; ///< of both kinds; some 750 bytes each
  static constexpr std::size_t most_portless = 4096;

  StatefulFilter(const nat::Behaviour& behaviour, std::uint64_t seed)
      : behaviour_(as_firewall(behaviour)), seed_(seed) {}

  void set_behaviour(const nat::Behaviour& behaviour);

  /// False when there is no room for one more. `protocol` is of IP.
  bool outbound(std::uint8_t protocol,
                const Endpoint& inside,
                const Endpoint& remote,
                Time now,
                nat::TcpFlags flags);
  bool inbound(std::uint8_t protocol,
               const Endpoint& inside,
               const Endpoint& remote,
               Time now,
               nat::TcpFlags flags);

  /// Did a packet go from `inside` to `remote`, not too long ago? Refreshes nothing.
  bool knows(std::uint8_t protocol, const Endpoint& inside, const Endpoint& remote, Time now);

  /// What was aged is as if it had not been, too.
  void clear();
  void age(Duration by);
  /// As if others had taken every entry.
  void fill(bool on);

private:
  /// Of a protocol without ports; the endpoints' are 0.
  struct Key {
    Address inside{};
    Address remote{}; ///< as far as the filter looks at it
    std::uint8_t protocol = 0;

    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::uint64_t salt;
    std::size_t operator()(const Key& key) const noexcept {
      return hash_of(key.remote, hash_of(key.inside, salt + key.protocol));
    }
  };

  nat::Table& table();
  Key key_of(std::uint8_t protocol, const Endpoint& inside, const Endpoint& remote) const;
  bool lives(Time last, Time now) const { return now - last <= behaviour_.timers.icmp; }
  bool outbound_portless(const Key& key, Time now);
  bool inbound_portless(const Key& key, Time now);
  void make_room(Time now);

  nat::Behaviour behaviour_;
  std::uint64_t seed_;
  bool filled_ = false;
  std::optional<nat::Table> table_{}; ///< made for the first packet: most gateways see no IPv6
  Time next_sweep_{0};
  Duration skew_{0}; ///< `portless_` is this far ahead of the clock
  tsl::robin_map<Key, Time, KeyHash> portless_{0, KeyHash{seed_}}; ///< the last packet that counts
};

} // namespace hermesh
