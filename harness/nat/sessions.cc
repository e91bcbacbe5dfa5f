// SPDX-License-Identifier: MIT
#include "nat/sessions.hh"

#include <algorithm>

namespace hermesh::nat {
namespace {

Progress after_datagram(Progress p, Direction direction) {
  if (direction == Direction::inbound) {
    p.inbound_seen = true;
  } else {
    p.lasting = p.lasting || (p.outbound_seen && p.inbound_seen);
    p.outbound_seen = true;
  }
  return p;
}

Progress after_segment(Progress p, Direction direction, TcpFlags flags) {
  if ((flags & tcp::rst) != 0) {
    p.reset = true;
    return p;
  }
  if ((flags & tcp::syn) != 0 && p.outbound_fin && p.inbound_fin)
    p = {.bound = p.bound, .contacted = p.contacted}; // both ports are used again
  p.reset = false;
  const bool outbound = direction == Direction::outbound;
  p.outbound_seen = p.outbound_seen || outbound; // bit-fields: Clang 14 assigns through no choice
  p.inbound_seen = p.inbound_seen || !outbound;  // between two of them
  if ((flags & tcp::syn) == 0 && p.outbound_seen && p.inbound_seen) p.lasting = true;
  if ((flags & tcp::fin) != 0) {
    p.outbound_fin = p.outbound_fin || outbound;
    p.inbound_fin = p.inbound_fin || !outbound;
  }
  return p;
}

} // namespace

Progress after(Progress so_far, Protocol protocol, Direction direction, TcpFlags flags) {
  return protocol == Protocol::tcp ? after_segment(so_far, direction, flags)
                                   : after_datagram(so_far, direction);
}

Duration timer_of(const Timers& timers, Protocol protocol, Progress p) {
  switch (protocol) {
  case Protocol::udp: return p.lasting ? timers.udp_stream : timers.udp_unreplied;
  case Protocol::icmp: return timers.icmp;
  case Protocol::tcp: break;
  }
  const bool closing = p.reset || (p.outbound_fin && p.inbound_fin);
  return p.lasting && !closing ? timers.tcp_established : timers.tcp_transitory;
}

SessionStore::SessionStore(std::uint64_t salt)
    : outbound_(0, FlowHash{salt}), inbound_(0, FlowHash{salt}), contacts_(0, ContactHash{salt}) {}

bool SessionStore::contacted(Index mapping, const Address& remote) const {
  return contacts_.find(Contact{mapping, remote}) != contacts_.end();
}

Index SessionStore::open(const Session& session) {
  const Index index = slab_.put(session);
  inbound_[inbound_key(session)] = {
      .translated = session.inside, .session = index, .last = session.last};
  return index;
}

void SessionStore::bind(Index session) {
  Session& s = slab_[session];
  if (const Way* taken = outbound_way(outbound_key(s))) {
    Session& other = caught_up(taken->session);
    other.progress.bound = false;
    inbound_way(inbound_key(other))->settled = false;
  }
  s.progress.bound = true;
  outbound_[outbound_key(s)] = {.translated = s.external, .session = session, .last = s.last};
}

void SessionStore::note_contact(Index session) {
  Session& s = slab_[session];
  s.progress.contacted = true;
  ++contacts_[Contact{s.mapping, s.remote.address}];
}

void SessionStore::close(Index session) {
  const Session& s = slab_[session];
  inbound_.erase(inbound_key(s));
  if (s.progress.bound) outbound_.erase(outbound_key(s));
  if (s.progress.contacted) {
    const auto contact = contacts_.find(Contact{s.mapping, s.remote.address});
    if (--contact.value() == 0) contacts_.erase(contact);
  }
  slab_.take(session);
}

void SessionStore::clear() {
  outbound_.clear();
  inbound_.clear();
  contacts_.clear();
  slab_.clear();
}

Session& SessionStore::caught_up(Index session) {
  Session& s = slab_[session];
  s.last = std::max(s.last, inbound_way(inbound_key(s))->last);
  if (s.progress.bound) s.last = std::max(s.last, outbound_way(outbound_key(s))->last);
  return s;
}

void SessionStore::settle(Index session, FlowRule flows) {
  const Session& s = slab_[session];
  const auto changes_nothing = [&](Direction direction) {
    return after(s.progress, s.protocol, direction, 0) == s.progress;
  };
  inbound_way(inbound_key(s))->settled =
      changes_nothing(Direction::inbound) && (s.progress.bound || flows == FlowRule::strict);
  if (s.progress.bound)
    outbound_way(outbound_key(s))->settled =
        changes_nothing(Direction::outbound) && s.progress.contacted;
}

void SessionStore::settle_all(FlowRule flows) {
  for (const auto& way : inbound_)
    settle(way.second.session, flows);
}

} // namespace hermesh::nat
