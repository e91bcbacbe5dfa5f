// SPDX-License-Identifier: MIT
#pragma once

#include "nat/behaviour.hh"
#include "nat/ports.hh"
#include "nat/slab.hh"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hermesh::nat {

/// The parts of `remote` that a rule looks at; the others zero.
Endpoint as_seen_by(Dependence rule, const Endpoint& remote);

struct Mapping {
  Protocol protocol = Protocol::udp;
  Endpoint inside{};
  Endpoint serves{}; ///< the remotes it is for, as the mapping grade saw them when it was made
  Endpoint external{};
  std::uint32_t sessions = 0; ///< it lives as long as it has one

  bool operator==(const Mapping&) const = default;
};

/// The mappings of one table, and the external ports that they hold.
class MappingStore {
public:
  MappingStore(const Address& external, std::uint64_t salt);

  Index find(const FlowKey& inside_and_served) const { return by_inside_.find(inside_and_served); }
  /// Who has that external port; no_index when nobody.
  Index owner(Protocol protocol, const Endpoint& external) const;
  /// no_index when no port is free.
  Index open(const FlowKey& inside_and_served, PortAssignment how, Random& random);
  void close(Index mapping);
  void clear();

  Mapping& operator[](Index mapping) { return slab_[mapping]; }
  const Mapping& operator[](Index mapping) const { return slab_[mapping]; }
  std::size_t size() const { return slab_.size(); }

private:
  struct InsideKey {
    static FlowKey key(const Mapping& m) { return {m.protocol, m.inside, m.serves}; }
    static bool matches(const Mapping& m, const FlowKey& key) {
      return same(m.inside, key.local) && same(m.serves, key.remote) && m.protocol == key.protocol;
    }
  };

  PortSpace& ports(Protocol protocol) { return ports_[static_cast<std::size_t>(protocol)]; }

  Address external_; ///< one; a pool would make `ports_` a list of these
  std::array<PortSpace, protocol_count> ports_;
  Slab<Mapping> slab_;
  SlabIndex<Mapping, InsideKey> by_inside_;
};

} // namespace hermesh::nat
