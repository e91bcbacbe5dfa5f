// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "nat/behaviour.hh"
#include "nat/slab.hh"

#include <tsl/robin_map.h>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace hermesh::nat {

enum class Direction : std::uint8_t { outbound, inbound };

/// How far a session is, in one byte; what its timer depends on. TCP follows RFC 7857 section 2 in
/// as much as timers need it: it is established once both sides have spoken and the handshake is
/// over; after both FINs, or an RST, it is transitory, and a later packet that is no RST revives it
/// from the latter.
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

/// One mapping's traffic with one remote.
struct Session {
  Time last{0}; ///< last packet that counts as activity, but for what its ways have noted since
  Endpoint inside{};
  Endpoint external{};
  Endpoint remote{};
  Protocol protocol = Protocol::udp;
  Progress progress{};
  Index mapping = no_index;
};

/// What one direction of a session needs per packet. It lies in the hash table itself, so that a
/// look-up misses the cache once, not twice; the price is that a session's state is in three
/// places.
struct Way {
  Endpoint translated{}; ///< what takes the place of the local end
  bool settled = false;  ///< a packet that opens or closes nothing changes only `last`
  Index session = no_index;
  Time last{0};
};

/// The sessions of one table, found from either side by one look-up.
class SessionStore {
public:
  explicit SessionStore(std::uint64_t salt);

  /// Where what an inside endpoint sends to a remote goes; null when no session is bound to it.
  /// Good until the next session is opened, bound or closed; the same below.
  Way* outbound_way(const FlowKey& inside_and_remote) { return find(outbound_, inside_and_remote); }
  /// Where what a remote sends to an external endpoint goes; null when there is no such session.
  Way* inbound_way(const FlowKey& external_and_remote) {
    return find(inbound_, external_and_remote);
  }

  /// Has the mapping sent to any port of that address?
  bool contacted(Index mapping, const Address& remote) const;

  Index open(const Session& session);
  /// What the inside sends to this session's remote goes this way from now on, and no other way.
  void bind(Index session);
  void note_contact(Index session);
  void close(Index session);
  void clear();

  /// Bring `last` up to date with what the ways noted.
  Session& caught_up(Index session);
  /// After a change of progress or rule: which ways need not look at the session any more?
  void settle(Index session, FlowRule flows);
  void settle_all(FlowRule flows);

  /// `visit` may not open, bind or close.
  template <typename Visit>
  void each(Visit visit) const {
    for (const auto& way : inbound_)
      visit(way.second.session);
  }

  Session& operator[](Index session) { return slab_[session]; }
  const Session& operator[](Index session) const { return slab_[session]; }
  std::size_t size() const { return slab_.size(); }

private:
  struct FlowHash {
    std::uint64_t salt;
    std::size_t operator()(const FlowKey& key) const { return hash_of(key, salt); }
  };
  struct FlowEqual {
    bool operator()(const FlowKey& a, const FlowKey& b) const {
      return same(a.remote, b.remote) && same(a.local, b.local) && a.protocol == b.protocol;
    }
  };
  using Ways = tsl::robin_map<FlowKey, Way, FlowHash, FlowEqual>;
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

  static Way* find(Ways& ways, const FlowKey& key) {
    const auto found = ways.find(key);
    return found == ways.end() ? nullptr : &found.value();
  }
  static FlowKey outbound_key(const Session& s) { return {s.protocol, s.inside, s.remote}; }
  static FlowKey inbound_key(const Session& s) { return {s.protocol, s.external, s.remote}; }

  Slab<Session> slab_;
  Ways outbound_; ///< of bound sessions
  Ways inbound_;  ///< of all
  tsl::robin_map<Contact, std::uint32_t, ContactHash>
      contacts_; ///< how many sessions each rests on
};

} // namespace hermesh::nat
