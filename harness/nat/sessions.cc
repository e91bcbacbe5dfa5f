// SPDX-License-Identifier: MIT
#include "nat/sessions.hh"

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
  (direction == Direction::outbound ? p.outbound_seen : p.inbound_seen) = true;
  if ((flags & tcp::syn) == 0 && p.outbound_seen && p.inbound_seen) p.lasting = true;
  if ((flags & tcp::fin) != 0)
    (direction == Direction::outbound ? p.outbound_fin : p.inbound_fin) = true;
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
    : by_inside_(slab_, salt), by_external_(slab_, salt), contacts_(0, ContactHash{salt}) {}

bool SessionStore::contacted(Index mapping, const Address& remote) const {
  return contacts_.find(Contact{mapping, remote}) != contacts_.end();
}

Index SessionStore::open(const Session& session, Index mapping) {
  const Index index = slab_.put(session);
  if (mapping_of_.size() <= index) mapping_of_.resize(index + std::size_t{1});
  mapping_of_[index] = mapping;
  by_external_.insert(index);
  return index;
}

void SessionStore::bind(Index session) {
  Session& s = slab_[session];
  const Index other = by_inside_.find({s.protocol, s.inside, s.remote});
  if (other != no_index) {
    by_inside_.erase(other);
    slab_[other].progress.bound = false;
  }
  s.progress.bound = true;
  by_inside_.insert(session);
}

void SessionStore::note_contact(Index session) {
  Session& s = slab_[session];
  s.progress.contacted = true;
  ++contacts_[Contact{mapping_of_[session], s.remote.address}];
}

void SessionStore::close(Index session) {
  const Session& s = slab_[session];
  by_external_.erase(session);
  if (s.progress.bound) by_inside_.erase(session);
  if (s.progress.contacted) {
    const auto contact = contacts_.find(Contact{mapping_of_[session], s.remote.address});
    if (--contact.value() == 0) contacts_.erase(contact);
  }
  slab_.take(session);
}

void SessionStore::clear() {
  by_inside_.clear();
  by_external_.clear();
  contacts_.clear();
  mapping_of_.clear();
  slab_.clear();
}

} // namespace hermesh::nat
