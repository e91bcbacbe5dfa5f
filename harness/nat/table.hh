// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/random.hh"
#include "base/time.hh"
#include "nat/behaviour.hh"
#include "nat/leases.hh"
#include "nat/mappings.hh"
#include "nat/sessions.hh"
#include "nat/timer_wheel.hh"
#include "nat/translation.hh"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace hermesh::nat {

/// The translation and filter table of one gateway: what becomes of the addresses of a packet.
///
/// It owns no socket, no clock and no thread, and with the same seed and the same calls it does the
/// same. It does not touch packets, does not route, and leaves Behaviour::passes to the gateway.
///
/// A *mapping* ties an inside endpoint to an external one, for the remotes that its grade makes it
/// serve (RFC 4787 section 4.1), and lives as long as one of its sessions. A *session* is a
/// mapping's traffic with one remote: it is what the filter looks for, what a timer ends, and what
/// the one look-up per packet finds. No external port ever serves two mappings (RFC 4787 REQ-3),
/// unless Behaviour::overload_ports says so.
///
/// A session ends when it was idle for longer than its timer, and with its mapping's absolute
/// lifetime, up to 9 ms late (a tick of the wheel). `now` may not go back between calls. An ICMP
/// query's remote has no port: its `port` is ignored.
class Table {
public:
  struct LeaseRequest {
    Protocol protocol = Protocol::udp;
    Endpoint inside{};
    std::uint16_t suggested_port = 0; ///< 0: any
    Address suggested_address{};      ///< unspecified: any; counts where `exactly` does
    bool exactly = false;             ///< rather none than another one
    Duration lifetime{0};
    LeaseNonce nonce{};
  };

  /// A gateway without a limit could be filled by one hostile guest; with a mapping each, some 750
  /// bytes.
  static constexpr std::size_t default_session_limit = std::size_t{1} << 18;

  /// `external`: the first of Behaviour::external_addresses.
  Table(const Behaviour& behaviour,
        const Address& external,
        std::uint64_t seed,
        std::size_t session_limit = default_session_limit);

  /// A packet from `inside` to `remote`: the external endpoint that becomes its source. Makes the
  /// mapping and the session that it needs, and refreshes them (RFC 4787 REQ-6).
  /// Refused: ports_exhausted, host_limit, table_full.
  Translation outbound(Protocol protocol,
                       const Endpoint& inside,
                       const Endpoint& remote,
                       Time now,
                       TcpFlags flags = 0);

  /// A packet from `remote` to `external`: the inside endpoint that becomes its destination. With
  /// Refresh::both it refreshes; with FlowRule::reuse the answer will leave from the port that this
  /// came to.
  /// Refused: no_mapping, filtered, table_full.
  Translation inbound(Protocol protocol,
                      const Endpoint& remote,
                      const Endpoint& external,
                      Time now,
                      TcpFlags flags = 0);

  /// A packet from `inside` to `external`, which is an external endpoint of this table: both its
  /// addresses after translation (RFC 4787 REQ-9). Does to the sender's and to the target's state
  /// what `outbound` and `inbound` do.
  /// Refused: filtered (also when there is no hairpin), no_mapping, and all that `outbound`
  /// refuses.
  Hairpinned hairpin(Protocol protocol,
                     const Endpoint& inside,
                     const Endpoint& external,
                     Time now,
                     TcpFlags flags = 0);

  /// An ICMP error from outside about a packet that went from `external` to `remote` (the addresses
  /// of the embedded packet): the inside endpoint that sent it. Changes and refreshes nothing,
  /// since no ICMP error may end a mapping (RFC 5508 REQ-4, RFC 4787 REQ-12). Refused: no_mapping,
  /// filtered when errors are not translated.
  Translation
  inbound_error(Protocol protocol, const Endpoint& external, const Endpoint& remote, Time now);

  /// An ICMP error from inside about a packet that came from `remote` to `inside`: the external
  /// endpoint it was addressed to (RFC 5508 REQ-5). Changes nothing. Refused: as above.
  Translation
  outbound_error(Protocol protocol, const Endpoint& inside, const Endpoint& remote, Time now);

  // granting.cc: mappings on request (RFC 6886, RFC 6887). Whoever asks has been authorised before.

  /// The external endpoint of `inside` for so long from now on; the same as before where it has one
  /// already, which `fill` does not keep from going on. Its filter is open, and what `inside` sends
  /// from now on to remotes that it has not spoken to leaves from it, unless PortMapping::outbound
  /// says otherwise.
  /// Refused: ports_exhausted, host_limit, table_full.
  Translation lease(const LeaseRequest& request, Time now);
  const Lease* find_lease(Protocol protocol, const Endpoint& inside, Time now);
  std::vector<Lease> leases_of(const Address& inside, std::optional<Protocol> protocol, Time now);
  /// The lease ends: its mapping lives on for as long as it has sessions, like any other.
  void end_lease(Protocol protocol, const Endpoint& inside, Time now);
  void end_leases(Time now); ///< all of them
  Duration left_of(const Lease& lease, Time now) const { return lease.expires - (now + skew_); }
  /// Which external address an inside host's packets have (Pooling::paired).
  Address external_of(const Address& inside) const { return mappings_.paired(inside, behaviour_); }
  std::size_t lease_count() const { return leases_.size(); } ///< as of the last call

  // table_events.cc: what happens to the gateway.

  /// Forget everything, as a reboot does, and what `age` ran ahead: `now` may go back to what it is
  /// without. The next random ports differ from the last.
  void clear();

  /// Forget everything as a box does that lost its power. What an inside endpoint is given next for
  /// a remote that it had a session with is another external endpoint, whatever the port
  /// assignment: a reboot after which "preserve" gives the old port again would be none to those
  /// outside. Who asks for a lease of its old port may have that: it is what suggesting one is for
  /// (RFC 6887 section 11.1).
  void reboot();
  /// Forget the mappings and the leases of an inside address (of one port, when there is one),
  /// nothing else; what they are given next differs as after `reboot`. Returns how many mappings
  /// went.
  std::size_t forget(const Address& inside, std::optional<std::uint16_t> port, Time now);
  /// Another first external address, and nothing known.
  void move_to(const Address& external);
  /// As if others had taken every entry: what lives goes on, what would need a new entry is refused
  /// (table_full), as Linux does when nf_conntrack_max is reached.
  void fill(bool on) { filled_ = on; }

  /// Sessions that live go on under the new rules; timers apply to them at once. With another
  /// Behaviour::translating it is another box, which knows nothing.
  void set_behaviour(const Behaviour& behaviour);
  const Behaviour& behaviour() const { return behaviour_; }
  const Address& external() const { return external_; } ///< the first
  /// Is it one of the addresses that the table gives out?
  bool is_external(const Address& address) const;

  void age(Duration by); ///< all that is there as if idle `by` longer

  /// Drop what has ended. Every other call does so first; this is for a table that nobody asks.
  void expire(Time now);

  std::size_t size() const { return mappings_.size(); }          ///< mappings, as of the last call
  std::size_t session_count() const { return sessions_.size(); } ///< as of the last call

private:
  Time catch_up(Time now);
  void drop_ended(Index session, Time at);
  void watch(Index session, Time due, Time at);
  Time deadline(const Session& session) const;
  bool admits(Index mapping, const Endpoint& remote) const;
  Index way_in(const FlowKey& flow);
  bool refreshes(Direction direction) const;
  void note(Index session, Direction direction, TcpFlags flags, Time at);
  bool may_share_port(const FlowKey& flow);
  Index leased_mapping(const FlowKey& flow) const;
  Index mapping_to_lease(const LeaseRequest& request) const;
  void drop_lease(const Lease& lease, Time at);
  void avoid(const Session& session);
  void avoid(const Lease& lease);
  Translation outbound_anew(const FlowKey& flow, Time at, TcpFlags flags);
  Translation inbound_anew(const FlowKey& flow, Time at, TcpFlags flags);
  Index open_session(Index mapping, const Endpoint& remote, Time at);
  bool has_room() const { return !filled_ && sessions_.size() < session_limit_; }
  void close_session(Index session);

  Behaviour behaviour_;
  Address external_;
  std::size_t session_limit_;
  bool filled_ = false;
  Random random_;
  Duration skew_{0}; ///< the table's clock runs this far ahead of its caller's (age)
  MappingStore mappings_;
  SessionStore sessions_;
  LeaseStore leases_;
  TimerWheel wheel_; ///< of sessions
};

} // namespace hermesh::nat
