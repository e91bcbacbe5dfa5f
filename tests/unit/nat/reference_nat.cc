// SPDX-License-Identifier: MIT
#include "reference_nat.hh"

#include <algorithm>

namespace hermesh::nat {
namespace {

Endpoint remote_of(Protocol protocol, const Endpoint& remote) {
  return protocol == Protocol::icmp ? Endpoint{.address = remote.address} : remote;
}

std::string text(const Translation& t) {
  return t ? to_string(t.endpoint) : to_string(t.refusal);
}

std::string differs(const Translation& given, const Translation& wanted) {
  return given == wanted ? "" : "gave " + text(given) + ", wanted " + text(wanted);
}

Translation refused(Refusal refusal) {
  return {.refusal = refusal};
}

} // namespace

ReferenceNat::Wrong ReferenceNat::outbound(Protocol protocol,
                                           const Endpoint& inside,
                                           Endpoint remote,
                                           Time now,
                                           TcpFlags flags,
                                           const Translation& given) {
  end_what_is_over(now);
  remote = remote_of(protocol, remote);
  auto [mapping, session] = bound(protocol, inside, remote);
  if (session == nullptr) {
    mapping = way_out(protocol, inside, remote);
    if (mapping != nullptr) {
      const auto [owner, there] = this->session(protocol, mapping->external, remote);
      session = owner == mapping ? there : nullptr;
      if (owner != nullptr && owner != mapping) mapping = nullptr; // overloaded, and another's here
    }
    if (session == nullptr && is_full()) return differs(given, refused(Refusal::table_full));
    if (mapping == nullptr) {
      const Refusal refusal = this->refusal(protocol, inside);
      if (refusal != Refusal::none || !given) return differs(given, refused(refusal));
      if (auto wrong = judge(protocol, inside, remote, given.endpoint); !wrong.empty())
        return wrong;
      if (Mapping* older = newest(protocol, inside, remote)) older->newest = false;
      former_.erase({protocol, inside, served(remote)});
      mappings_.push_back({protocol, inside, served(remote), given.endpoint, now});
      mapping = &mappings_.back();
    }
    if (session == nullptr) session = open(*mapping, remote, now);
    bind(*mapping, *session);
  }
  note(*mapping, *session, true, flags, now);
  return differs(given, {.endpoint = mapping->external});
}

ReferenceNat::Wrong ReferenceNat::inbound(Protocol protocol,
                                          Endpoint remote,
                                          const Endpoint& external,
                                          Time now,
                                          TcpFlags flags,
                                          const Translation& given) {
  end_what_is_over(now);
  remote = remote_of(protocol, remote);
  auto [mapping, session] = this->session(protocol, external, remote);
  if (session == nullptr) {
    mapping = holder(protocol, external);
    if (mapping == nullptr) return differs(given, refused(Refusal::no_mapping));
    if (!admits(*mapping, remote)) return differs(given, refused(Refusal::filtered));
    if (b_.flows == FlowRule::reuse && !(protocol == Protocol::tcp && (flags & tcp::rst) != 0)) {
      if (is_full()) return differs(given, refused(Refusal::table_full));
      session = open(*mapping, remote, now);
    }
  }
  if (session != nullptr) note(*mapping, *session, false, flags, now);
  return differs(given, {.endpoint = mapping->inside});
}

ReferenceNat::Wrong ReferenceNat::hairpin(Protocol protocol,
                                          const Endpoint& inside,
                                          const Endpoint& external,
                                          Time now,
                                          TcpFlags flags,
                                          const Hairpinned& given) {
  const Translation refusal = refused(given.refusal);
  if (b_.hairpin == Hairpin::off) return differs(refusal, refused(Refusal::filtered));
  end_what_is_over(now);
  if (holder(protocol, external) == nullptr) return differs(refusal, refused(Refusal::no_mapping));
  // What the sender's side gave is not shown when it kept its source or when it was refused: only
  // where there is nothing to choose is the reference asked about those.
  Translation source{.endpoint = given.source};
  if (!given || b_.hairpin == Hairpin::internal_source) {
    const auto [mapping, session] = bound(protocol, inside, remote_of(protocol, external));
    const Mapping* own =
        session != nullptr ? mapping : way_out(protocol, inside, remote_of(protocol, external));
    if (own == nullptr) return "not to be asked: the sender has no mapping for that yet";
    source.endpoint = own->external;
    if (session == nullptr && is_full()) return differs(refusal, refused(Refusal::table_full));
  }
  if (auto wrong = outbound(protocol, inside, external, now, flags, source); !wrong.empty())
    return "source: " + wrong;
  const Translation target = given ? Translation{.endpoint = given.destination} : refusal;
  if (auto wrong = inbound(protocol, source.endpoint, external, now, flags, target); !wrong.empty())
    return "target: " + wrong;
  if (!given) return "";
  const bool keeps = b_.hairpin == Hairpin::internal_source;
  return differs({.endpoint = given.source}, {.endpoint = keeps ? inside : source.endpoint});
}

ReferenceNat::Wrong ReferenceNat::inbound_error(Protocol protocol,
                                                const Endpoint& external,
                                                Endpoint remote,
                                                Time now,
                                                const Translation& given) {
  end_what_is_over(now);
  if (!b_.icmp_errors) return differs(given, refused(Refusal::filtered));
  const auto [mapping, session] = this->session(protocol, external, remote_of(protocol, remote));
  return differs(given,
                 session == nullptr ? refused(Refusal::no_mapping)
                                    : Translation{.endpoint = mapping->inside});
}

ReferenceNat::Wrong ReferenceNat::outbound_error(Protocol protocol,
                                                 const Endpoint& inside,
                                                 Endpoint remote,
                                                 Time now,
                                                 const Translation& given) {
  end_what_is_over(now);
  if (!b_.icmp_errors) return differs(given, refused(Refusal::filtered));
  remote = remote_of(protocol, remote);
  const Mapping* mapping = bound(protocol, inside, remote).first;
  if (mapping == nullptr) {
    mapping = way_out(protocol, inside, remote);
    const Lease* lease = lease_of(protocol, inside); // who was let in came by that, or by `mapping`
    if (lease != nullptr &&
        (mapping == nullptr || (!knows(*mapping, remote) && !admits(*mapping, remote))))
      mapping = lease->mapping;
  }
  return differs(given,
                 mapping == nullptr ? refused(Refusal::no_mapping)
                                    : Translation{.endpoint = mapping->external});
}

ReferenceNat::Wrong ReferenceNat::counts(Time now, const Table& table) {
  end_what_is_over(now);
  const auto differ = [](const char* what, std::size_t given, std::size_t wanted) {
    return given == wanted ? ""
                           : std::string("has ") + std::to_string(given) + " " + what +
                                 ", wanted " + std::to_string(wanted) + "; ";
  };
  return differ("mappings", table.size(), mappings_.size()) +
         differ("sessions", table.session_count(), session_count()) +
         differ("leases", table.lease_count(), leases_.size());
}

bool ReferenceNat::has_way_out(Protocol protocol,
                               const Endpoint& inside,
                               Endpoint remote,
                               Time now) {
  end_what_is_over(now);
  remote = remote_of(protocol, remote);
  return bound(protocol, inside, remote).first != nullptr ||
         way_out(protocol, inside, remote) != nullptr;
}

void ReferenceNat::clear() {
  mappings_.clear();
  leases_.clear();
  former_.clear();
  last_ports_.clear();
}

void ReferenceNat::age(Duration by) {
  for (Mapping& mapping : mappings_) {
    mapping.made -= by;
    for (Session& session : mapping.sessions)
      session.last -= by;
  }
  for (Lease& lease : leases_)
    lease.expires -= by;
}

void ReferenceNat::end_what_is_over(Time now) {
  for (const Lease& lease : leases_)
    if (lease.expires <= now) end(lease, lease.expires);
  leases_.remove_if([&](const Lease& lease) { return lease.expires <= now; });
  for (Mapping& mapping : mappings_)
    mapping.sessions.remove_if([&](const Session& session) {
      return now - session.last > timer(mapping.protocol, session) ||
             (b_.absolute_lifetime != Duration{0} && !mapping.leased &&
              now - mapping.made > b_.absolute_lifetime);
    });
  mappings_.remove_if(
      [](const Mapping& mapping) { return mapping.sessions.empty() && !mapping.leased; });
}

Duration ReferenceNat::timer(Protocol protocol, const Session& s) const {
  if (protocol == Protocol::icmp) return b_.timers.icmp;
  if (protocol == Protocol::udp) return s.lasting ? b_.timers.udp_stream : b_.timers.udp_unreplied;
  const bool closing = s.reset || (s.fin_out && s.fin_in);
  return s.lasting && !closing ? b_.timers.tcp_established : b_.timers.tcp_transitory;
}

void ReferenceNat::note(Mapping& mapping, Session& s, bool outbound, TcpFlags flags, Time now) {
  const bool is_tcp = mapping.protocol == Protocol::tcp;
  const bool reset = is_tcp && (flags & tcp::rst) != 0;
  const bool syn = is_tcp && (flags & tcp::syn) != 0;
  if (reset ? !s.reset : (outbound || b_.refresh == Refresh::both)) s.last = now;
  if (outbound) s.spoken = true;
  if (!outbound && !s.bound && b_.flows == FlowRule::reuse) bind(mapping, s);
  if (reset) {
    s.reset = true;
    return;
  }
  if (syn && s.fin_out && s.fin_in) // both ports are used for a new connection
    s.sent = s.heard = s.lasting = s.fin_out = s.fin_in = false;
  s.reset = false;
  if (!is_tcp && outbound && s.sent && s.heard) s.lasting = true;
  (outbound ? s.sent : s.heard) = true;
  if (is_tcp && !syn && s.sent && s.heard) s.lasting = true;
  if (is_tcp && (flags & tcp::fin) != 0) (outbound ? s.fin_out : s.fin_in) = true;
}

ReferenceNat::Session* ReferenceNat::open(Mapping& mapping, const Endpoint& remote, Time now) {
  mapping.sessions.push_back({.remote = remote, .last = now});
  return &mapping.sessions.back();
}

void ReferenceNat::bind(Mapping& mapping, Session& session) {
  if (Session* other = bound(mapping.protocol, mapping.inside, session.remote).second)
    other->bound = false;
  session.bound = true;
}

Endpoint ReferenceNat::served(const Endpoint& remote) const {
  if (b_.mapping == Dependence::endpoint_independent) return {};
  if (b_.mapping == Dependence::address_dependent) return {.address = remote.address};
  return remote;
}

std::size_t ReferenceNat::session_count() const {
  std::size_t count = 0;
  for (const Mapping& mapping : mappings_)
    count += mapping.sessions.size();
  return count;
}

ReferenceNat::Mapping* ReferenceNat::holder(Protocol protocol, const Endpoint& external) {
  for (Mapping& mapping : mappings_)
    if (mapping.protocol == protocol && mapping.external == external) return &mapping;
  return nullptr;
}

ReferenceNat::Mapping*
ReferenceNat::newest(Protocol protocol, const Endpoint& inside, const Endpoint& remote) {
  for (Mapping& mapping : mappings_)
    if (mapping.newest && mapping.protocol == protocol && mapping.inside == inside &&
        mapping.serves == served(remote))
      return &mapping;
  return nullptr;
}

ReferenceNat::Place
ReferenceNat::bound(Protocol protocol, const Endpoint& inside, const Endpoint& remote) {
  for (Mapping& mapping : mappings_)
    for (Session& session : mapping.sessions)
      if (session.bound && mapping.protocol == protocol && mapping.inside == inside &&
          session.remote == remote)
        return {&mapping, &session};
  return {};
}

ReferenceNat::Place
ReferenceNat::session(Protocol protocol, const Endpoint& external, const Endpoint& remote) {
  for (Mapping& mapping : mappings_)
    for (Session& session : mapping.sessions)
      if (mapping.protocol == protocol && mapping.external == external && session.remote == remote)
        return {&mapping, &session};
  return {};
}

} // namespace hermesh::nat
