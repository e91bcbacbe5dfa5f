// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "nat/behaviour.hh"
#include "nat/slab.hh"

#include <tsl/robin_map.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hermesh::nat {

enum class Direction : std::uint8_t { outbound, inbound };

/// How far a session is, in one byte; what its timer depends on. TCP follows RFC 7857 section 2 in as much as
/// timers need it: it is established once both sides have spoken and the handshake is over; after both
/// FINs, or an RST, it is transitory, and a later packet that is no RST revives it from the latter.
struct Progress {
  bool bound : 1 = false;     ///< what the inside sends to this remote goes this way
  bool contacted : 1 = false; ///< the inside has sent this way: the filter knows the remote
  bool outbound_seen : 1 = false;
  bool inbound_seen : 1 = false;
  bool lasting : 1 = false; ///< TCP established; UDP: the inside spoke again after an exchange
  bool outbound_fin : 1 = false;
  bool inbound_fin : 1 = false;
  bool reset : 1 = false;

  bool operator==(const Progress& other) const { // one byte: the compiler would compare bit by bit
    return std::bit_cast<std::uint8_t>(*this) == std::bit_cast<std::uint8_t>(other);
  }
};

/// What is so far, and a packet: what is then.
Progress after(Progress so_far, Protocol protocol, Direction direction, TcpFlags flags);
Duration timer_of(const Timers& timers, Protocol protocol, Progress progress);

/// One mapping's traffic with one remote. One cache line: all that a packet of a known session needs.
struct alignas(64) Session {
  Time last{0}; ///< last packet that counts as activity
  Endpoint inside{};
  Endpoint external{};
  Endpoint remote{};
  Protocol protocol = Protocol::udp;
  Progress progress{};
};
static_assert(sizeof(Session) == 64);

/// The sessions of one table, found from either side by one look-up.
class SessionStore {
public:
  explicit SessionStore(std::uint64_t salt);

  Index find_outbound(const FlowKey& inside_and_remote) const { return by_inside_.find(inside_and_remote); }
  Index find_inbound(const FlowKey& external_and_remote) const {
    return by_external_.find(external_and_remote);
  }
  /// Has the mapping sent to any port of that address?
  bool contacted(Index mapping, const Address& remote) const;

  Index open(const Session& session, Index mapping);
  /// What the inside sends to this session's remote goes this way from now on, and no other way.
  void bind(Index session);
  void note_contact(Index session);
  void close(Index session);
  void clear();

  Session& operator[](Index session) { return slab_[session]; }
  const Session& operator[](Index session) const { return slab_[session]; }
  Index mapping_of(Index session) const { return mapping_of_[session]; }
  std::size_t size() const { return slab_.size(); }

private:
  struct InsideKey {
    static FlowKey key(const Session& s) { return {s.protocol, s.inside, s.remote}; }
    static bool matches(const Session& s, const FlowKey& key) {
      return same(s.remote, key.remote) && same(s.inside, key.local) && s.protocol == key.protocol;
    }
  };
  struct ExternalKey {
    static FlowKey key(const Session& s) { return {s.protocol, s.external, s.remote}; }
    static bool matches(const Session& s, const FlowKey& key) {
      return same(s.remote, key.remote) && same(s.external, key.local) && s.protocol == key.protocol;
    }
  };
  struct Contact {
    Index mapping;
    Address remote;
    bool operator==(const Contact&) const = default;
  };
  struct ContactHash {
    std::uint64_t salt;
    std::size_t operator()(const Contact& c) const {
      return static_cast<std::size_t>(hash_of(c.remote, salt + c.mapping));
    }
  };

  Slab<Session> slab_;
  std::vector<Index> mapping_of_; ///< by session; apart from it, no packet of a known session asks
  SlabIndex<Session, InsideKey> by_inside_; ///< the bound ones
  SlabIndex<Session, ExternalKey> by_external_;
  tsl::robin_map<Contact, std::uint32_t, ContactHash> contacts_; ///< how many sessions each rests on
};

} // namespace hermesh::nat
