// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"

#include <list>
#include <map>
#include <optional>
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
  Wrong counts(Time now, std::size_t mappings, std::size_t sessions);
  void clear();
  void age(Duration by);

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
    std::list<Session> sessions{};
  };
  using Place = std::pair<Mapping*, Session*>;

  void end_what_is_over(Time now);
  Duration timer(Protocol protocol, const Session& session) const;
  Endpoint served(const Endpoint& remote) const;
  std::size_t session_count() const;
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
  bool taken(Protocol protocol, const Endpoint& external) const;
  std::optional<std::uint32_t> block_of(const Address& inside) const;
  std::uint32_t number(const Address& external) const;

  Behaviour b_;
  Address first_;
  std::size_t session_limit_;
  std::list<Mapping> mappings_;
  std::map<Address, Address> pairs_; ///< for good: an inside address and its external one
  std::map<std::pair<Address, Protocol>, std::uint16_t> last_ports_; ///< of sequences
};

} // namespace hermesh::nat
