// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "nat/behaviour.hh"
#include "nat/external_pool.hh"
#include "nat/slab.hh"

#include <tsl/robin_map.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace hermesh::nat {

/// The parts of `remote` that a rule looks at; the others zero.
Endpoint as_seen_by(Dependence rule, const Endpoint& remote);

/// Is that what was asked for? An unspecified address is any.
bool meets(const Endpoint& external, const Endpoint& suggested);

struct Mapping {
  Time made{0};
  Protocol protocol = Protocol::udp;
  bool holds_port = true; ///< its external port is the gateway's to give
  bool leased = false;    ///< on request, until the lease ends, with or without sessions
  Endpoint inside{};
  Endpoint serves{}; ///< the remotes it is for, as the mapping grade saw them when it was made
  Endpoint external{};
  std::uint32_t sessions = 0; ///< it lives as long as it has one

  bool operator==(const Mapping&) const = default;
};

/// The mappings of one table, and the external endpoints that they hold.
class MappingStore {
public:
  MappingStore(const Address& external, std::uint64_t salt);

  Index find(const FlowKey& inside_and_served) const { return by_inside_.find(inside_and_served); }
  /// Who has that external endpoint; no_index when nobody. Of a shared one, one of those.
  Index owner(Protocol protocol, const Endpoint& external) const;

  struct Opened {
    Index mapping = no_index;
    Refusal refusal = Refusal::none;
  };
  /// `find` finds it from now on, and no older one of the same key. `may_share`:
  /// ExternalPool::choose. Refused: ports_exhausted, host_limit.
  Opened open(const FlowKey& inside_and_served,
              bool may_share,
              const Behaviour& behaviour,
              Time at,
              Random& random);
  /// One that `find` does not find. Refused: as above, and ports_exhausted when `exactly` and
  /// what would be given is not what is `suggested`.
  Opened open_leased(Protocol protocol,
                     const Endpoint& inside,
                     const Endpoint& suggested,
                     bool exactly,
                     const Behaviour& behaviour,
                     Random& random);
  bool is_shared(Index mapping) const {
    return pool_.is_shared(slab_[mapping].protocol, slab_[mapping].external);
  }
  void close(Index mapping);
  void clear();

  /// What its inside endpoint gets next for `served`, once this mapping is gone, is another
  /// external endpoint.
  void avoid(Index mapping, const Endpoint& served);
  void forget_former() { former_.clear(); }
  /// Another first external address; nothing may be open.
  void move_to(const Address& external) { pool_.move_to(external); }

  /// ExternalPool::paired
  Address paired(const Address& inside, const Behaviour& behaviour) const {
    return pool_.paired(inside, behaviour);
  }
  /// How far it is from the first external address; empty: it can be none.
  std::optional<std::uint32_t> number_of(const Address& external) const {
    return pool_.number_of(external);
  }

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

  struct FormerHash {
    std::uint64_t salt;
    std::size_t operator()(const FlowKey& key) const { return hash_of(key, salt); }
  };
  struct FormerEqual {
    bool operator()(const FlowKey& a, const FlowKey& b) const {
      return same(a.remote, b.remote) && same(a.local, b.local) && a.protocol == b.protocol;
    }
  };

  ExternalPool pool_;
  /// What was had by those whose mappings an event took away, until they have others.
  tsl::robin_map<FlowKey, std::vector<Endpoint>, FormerHash, FormerEqual> former_;
  Slab<Mapping> slab_;
  SlabIndex<Mapping, InsideKey> by_inside_;
};

} // namespace hermesh::nat
