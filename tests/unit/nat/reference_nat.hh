// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace hermesh::nat {

/// What a table must do, written down slowly: lists, no index, no wheel, no cache; every rule where
/// the RFC's reader would look for it. Where chance decides, it is shown what the table chose and
/// says whether that was allowed.
///
/// Each packet returns what is wrong with the table's answer; empty: nothing. Times are those at
/// which a table's tick of 9 ms makes no difference: multiples of 100 ms.
class ReferenceNat {
public:
  ReferenceNat(const Behaviour& behaviour, const Address& first, std::size_t session_limit)
      : b_(behaviour), first_(first), session_limit_(session_limit) {}

  using Wrong = std::string;
  Wrong outbound(Protocol protocol,
                 const Endpoint& inside,
                 Endpoint remote,
                 Time now,
                 TcpFlags flags,
                 const Translation& given);
  Wrong inbound(Protocol protocol,
                Endpoint remote,
                const Endpoint& external,
                Time now,
                TcpFlags flags,
                const Translation& given);
  Wrong hairpin(Protocol protocol,
                const Endpoint& inside,
                const Endpoint& external,
                Time now,
                TcpFlags flags,
                const Hairpinned& given);
  Wrong inbound_error(Protocol protocol,
                      const Endpoint& external,
                      Endpoint remote,
                      Time now,
                      const Translation& given);
  Wrong outbound_error(Protocol protocol,
                       const Endpoint& inside,
                       Endpoint remote,
                       Time now,
                       const Translation& given);
  /// Would what `inside` sends to `remote` need no new mapping?
  bool has_way_out(Protocol protocol, const Endpoint& inside, Endpoint remote, Time now);
  Wrong counts(Time now, const Table& table);
  void clear();
  void age(Duration by);

  // reference_nat_events.cc
  Wrong lease(const Table::LeaseRequest& request, Time now, const Translation& given);
  void end_lease(Protocol protocol, const Endpoint& inside, Time now);
  void end_leases(Time now);
  void reboot(Time now);
  Wrong
  forget(const Address& inside, std::optional<std::uint16_t> port, Time now, std::size_t given);
  void fill(bool on) { filled_ = on; }

private:
  struct Session {
    Endpoint remote;
    Time last{0};
    bool sent = false, heard = false; ///< by the inside; of the remote
    bool lasting = false, reset = false, fin_out = false, fin_in = false;
    bool bound = false;  ///< the inside's packets to the remote go this way
    bool spoken = false; ///< the filter knows the remote
  };
  struct Mapping {
    Protocol protocol;
    Endpoint inside, serves, external;
    Time made;
    bool newest = true; ///< of those for the same endpoint and remotes
    bool leased = false;
    std::list<Session> sessions{};
  };
  struct Lease {
    Protocol protocol;
    Endpoint inside;
    Time expires;
    Mapping* mapping;
  };
  using Served = std::tuple<Protocol, Endpoint, Endpoint>; ///< an inside endpoint and remotes
  using Place = std::pair<Mapping*, Session*>;

  void end_what_is_over(Time now);
  Duration timer(Protocol protocol, const Session& session) const;
  Endpoint served(const Endpoint& remote) const;
  std::size_t session_count() const;
  bool is_full() const { return filled_ || session_count() >= session_limit_; }
  static bool knows(const Mapping& mapping, const Endpoint& remote);
  bool admits(const Mapping& mapping, const Endpoint& remote) const;
  Lease* lease_of(Protocol protocol, const Endpoint& inside);
  Mapping* way_out(Protocol protocol, const Endpoint& inside, const Endpoint& remote);
  Mapping* to_be_leased(Protocol protocol, const Endpoint& inside);
  Wrong judge_lease(const Table::LeaseRequest& request, const Translation& given);
  bool may_have(const Table::LeaseRequest& request, const Address& address, std::uint32_t block);
  void end(const Lease& lease, Time at);
  void remember(const Mapping& mapping);
  Mapping* holder(Protocol protocol, const Endpoint& external);
  Mapping* newest(Protocol protocol, const Endpoint& inside, const Endpoint& remote);
  Place bound(Protocol protocol, const Endpoint& inside, const Endpoint& remote);
  Place session(Protocol protocol, const Endpoint& external, const Endpoint& remote);
  Session* open(Mapping& mapping, const Endpoint& remote, Time now);
  void bind(Mapping& mapping, Session& session);
  void note(Mapping& mapping, Session& session, bool outbound, TcpFlags flags, Time now);

  Refusal refusal(Protocol protocol, const Endpoint& inside) const;
  Wrong judge(Protocol protocol,
              const Endpoint& inside,
              const Endpoint& remote,
              const Endpoint& external);
  Wrong judge_address(const Endpoint& inside, const Endpoint& external) const;
  Wrong judge_port(Protocol protocol,
                   const Endpoint& inside,
                   const Endpoint& remote,
                   const Endpoint& external);
  Wrong judge_free(Protocol protocol,
                   const Endpoint& inside,
                   const Endpoint& external,
                   const std::set<Endpoint>& former);
  Wrong
  judge_former(Protocol protocol, const Endpoint& external, const std::set<Endpoint>& former) const;
  bool taken(Protocol protocol, const Endpoint& external) const;
  std::optional<std::uint32_t> block_of(const Address& inside) const;
  std::uint32_t number(const Address& external) const;

  Behaviour b_;
  Address first_;
  std::size_t session_limit_;
  std::list<Mapping> mappings_;
  std::list<Lease> leases_;
  std::map<Served, std::set<Endpoint>> former_; ///< what it may not be given next
  bool filled_ = false;
  std::map<Address, Address> pairs_; ///< for good: an inside address and its external one
  std::map<std::pair<Address, Protocol>, std::uint16_t> last_ports_; ///< of sequences
};

} // namespace hermesh::nat
