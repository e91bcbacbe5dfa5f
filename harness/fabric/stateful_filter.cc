// SPDX-License-Identifier: MIT
#include "fabric/stateful_filter.hh"

#include "wire/ip.hh"

namespace hermesh {
namespace {

constexpr Duration between_clearances = std::chrono::seconds{1};

/// Empty: it has no ports.
std::optional<nat::Protocol> table_protocol(std::uint8_t protocol) {
  switch (protocol) {
  case wire::ip_protocol::udp: return nat::Protocol::udp;
  case wire::ip_protocol::tcp: return nat::Protocol::tcp;
  case wire::ip_protocol::icmpv6: return nat::Protocol::icmp;
  default: return std::nullopt;
  }
}

} // namespace

nat::Table& StatefulFilter::table() {
  if (!table_) {
    table_.emplace(behaviour_, Address{}, seed_, most_entries - most_portless);
    table_->fill(filled_);
  }
  return *table_;
}

void StatefulFilter::set_behaviour(const nat::Behaviour& behaviour) {
  behaviour_ = as_firewall(behaviour);
  if (table_) table_->set_behaviour(behaviour_);
}

bool StatefulFilter::outbound(std::uint8_t protocol,
                              const Endpoint& inside,
                              const Endpoint& remote,
                              Time now,
                              nat::TcpFlags flags) {
  if (behaviour_.ipv6 == nat::Ipv6::open) return true;
  if (const auto with_ports = table_protocol(protocol))
    return bool{table().outbound(*with_ports, inside, remote, now, flags)};
  return outbound_portless(key_of(protocol, inside, remote), now + skew_);
}

bool StatefulFilter::inbound(std::uint8_t protocol,
                             const Endpoint& inside,
                             const Endpoint& remote,
                             Time now,
                             nat::TcpFlags flags) {
  if (behaviour_.ipv6 == nat::Ipv6::open) return true;
  if (const auto with_ports = table_protocol(protocol))
    return table_ && table_->inbound(*with_ports, remote, inside, now, flags);
  return inbound_portless(key_of(protocol, inside, remote), now + skew_);
}

bool StatefulFilter::knows(std::uint8_t protocol,
                           const Endpoint& inside,
                           const Endpoint& remote,
                           Time now) {
  if (const auto with_ports = table_protocol(protocol))
    return table_ && table_->inbound_error(*with_ports, inside, remote, now);
  const auto found = portless_.find(key_of(protocol, inside, remote));
  return found != portless_.end() && lives(found->second, now + skew_);
}

void StatefulFilter::clear() {
  table_.reset();
  portless_.clear();
  skew_ = {};
  next_sweep_ = {};
}

void StatefulFilter::age(Duration by) {
  skew_ += by;
  if (table_) table_->age(by);
}

void StatefulFilter::fill(bool on) {
  filled_ = on;
  if (table_) table_->fill(on);
}

StatefulFilter::Key StatefulFilter::key_of(std::uint8_t protocol,
                                           const Endpoint& inside,
                                           const Endpoint& remote) const {
  const bool by_remote = behaviour_.filtering != nat::Dependence::endpoint_independent;
  return {.inside = inside.address,
          .remote = by_remote ? remote.address : Address{},
          .protocol = protocol};
}

bool StatefulFilter::outbound_portless(const Key& key, Time now) {
  const auto found = portless_.find(key);
  if (found != portless_.end() && (!filled_ || lives(found->second, now))) {
    found.value() = now;
    return true;
  }
  if (filled_) return false; // what has ended needs room again
  if (portless_.size() >= most_portless) make_room(now);
  if (portless_.size() >= most_portless) return false;
  portless_.emplace(key, now);
  return true;
}

bool StatefulFilter::inbound_portless(const Key& key, Time now) {
  const auto found = portless_.find(key);
  if (found == portless_.end() || !lives(found->second, now)) return false;
  if (behaviour_.refresh == nat::Refresh::both) found.value() = now;
  return true;
}

/// Looking at all of them is dear, and a guest that fills the table asks for it with every packet.
void StatefulFilter::make_room(Time now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + between_clearances;
  for (auto it = portless_.begin(); it != portless_.end();)
    it = lives(it->second, now) ? std::next(it) : portless_.erase(it);
}

} // namespace hermesh
