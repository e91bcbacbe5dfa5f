// SPDX-License-Identifier: MIT
#include "fabric/stateful_filter.hh"

#include "wire/ip.hh"

namespace hermesh {
namespace {

constexpr Duration between_sweeps = std::chrono::seconds{1};

} // namespace

StatefulFilter::Key StatefulFilter::key_of(std::uint8_t protocol,
                                           const Endpoint& inside,
                                           const Endpoint& remote) const {
  Key key{.inside = inside, .protocol = protocol};
  if (behaviour_.filtering != nat::Dependence::endpoint_independent)
    key.remote.address = remote.address;
  if (behaviour_.filtering == nat::Dependence::address_and_port_dependent)
    key.remote.port = remote.port;
  return key;
}

bool StatefulFilter::lives(const Key& key, const Entry& entry, Time now) const {
  const nat::Timers& timers = behaviour_.timers;
  Duration limit = timers.icmp;
  if (key.protocol == wire::ip_protocol::udp)
    limit = entry.replied ? timers.udp_stream : timers.udp_unreplied;
  if (key.protocol == wire::ip_protocol::tcp)
    limit = entry.replied ? timers.tcp_established : timers.tcp_transitory;
  return now - entry.last <= limit;
}

bool StatefulFilter::outbound(std::uint8_t protocol,
                              const Endpoint& inside,
                              const Endpoint& remote,
                              Time now) {
  now += skew_;
  const Key key = key_of(protocol, inside, remote);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= most_entries) make_room(now);
    if (filled_ || entries_.size() >= most_entries) return false;
    found = entries_.emplace(key, Entry{}).first;
  } else if (!lives(key, found->second, now)) {
    found.value().replied = false;
  }
  found.value().last = now;
  return true;
}

bool StatefulFilter::inbound(std::uint8_t protocol,
                             const Endpoint& inside,
                             const Endpoint& remote,
                             Time now) {
  now += skew_;
  const auto found = entries_.find(key_of(protocol, inside, remote));
  if (found == entries_.end() || !lives(found->first, found->second, now)) return false;
  found.value().replied = true;
  if (behaviour_.refresh == nat::Refresh::both) found.value().last = now;
  return true;
}

bool StatefulFilter::knows(std::uint8_t protocol,
                           const Endpoint& inside,
                           const Endpoint& remote,
                           Time now) const {
  const auto found = entries_.find(key_of(protocol, inside, remote));
  return found != entries_.end() && lives(found->first, found->second, now + skew_);
}

/// Looking at all of them is dear, and a guest that fills the table asks for it with every packet.
void StatefulFilter::make_room(Time now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + between_sweeps;
  for (auto it = entries_.begin(); it != entries_.end();)
    it = lives(it->first, it->second, now) ? std::next(it) : entries_.erase(it);
}

} // namespace hermesh
