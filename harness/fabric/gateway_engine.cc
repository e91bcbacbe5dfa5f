// SPDX-License-Identifier: MIT
#include "fabric/gateway_engine.hh"

#include "fabric/core.hh"
#include "wire/frame.hh"
#include "wire/transport.hh"

namespace hermesh {
namespace {

std::deque<Interface>
make_interfaces(Core& core, const GatewayPlan& plan, DropCounters::Place place) {
  std::deque<Interface> interfaces;
  for (const GatewaySide& side : plan.sides)
    interfaces.emplace_back(core, side, place, !interfaces.empty());
  return interfaces;
}

} // namespace

GatewayEngine::GatewayEngine(Core& core, const GatewayPlan& plan, DropCounters::Place place)
    : core_(core), name_(plan.name), place_(place), interfaces_(make_interfaces(core, plan, place)),
      ipv4_(core, plan, interfaces_), ipv6_(core, plan, interfaces_) {
  for (const Interface& interface : interfaces_) {
    dhcp_.emplace_back();
    if (interface.side().dhcp && dhcp_.size() > 1) dhcp_.back().emplace(interface.side());
  }
  interfaces_[0].own_ipv4(ipv4_.external_addresses());
  core.wake_at(due());
}

void GatewayEngine::receive(std::uint32_t side, const Transit& transit) {
  if (held_) return core_.drop(place_, transit, DropReason::cut);
  switch (wire::load16(transit.frame.data() + 12)) {
  case wire::ether_type::ipv4:
    if (!receive_dhcp(side, transit)) ipv4_.receive(side, transit);
    return;
  case wire::ether_type::ipv6: return ipv6_.receive(side, transit);
  case wire::ether_type::arp: return interfaces_[side].receive_arp(transit);
  default: break;
  }
  if (!wire::load_mac(transit.frame.data()).is_group())
    core_.drop(place_, transit, DropReason::unsupported);
}

bool GatewayEngine::receive_dhcp(std::uint32_t side, const Transit& transit) {
  if (!dhcp_[side]) return false;
  // The server's port, of UDP, in a packet without options: everything else is not worth a look.
  constexpr std::size_t ip = wire::ethernet_header_size;
  constexpr std::size_t udp = ip + wire::ipv4_header_size;
  if (transit.frame.size() < udp + wire::udp_header_size ||
      wire::load8(transit.frame.data() + ip + 9) != wire::ip_protocol::udp ||
      wire::load16(transit.frame.data() + udp + 2) != wire::dhcp_server_port)
    return false;
  const auto summary = wire::summarise(transit.frame);
  if (!summary || summary->fragment) return false;
  const Address& to = summary->destination.address;
  if (to != Address::v4(0xffffffffU) && !interfaces_[side].owns_ipv4(to)) return false;
  const auto message = wire::parse_dhcp(summary->data);
  if (!message) {
    core_.drop(place_, transit, DropReason::malformed);
    return true;
  }
  if (const auto answer = dhcp_[side]->answer(*message)) send_dhcp(side, *answer);
  return true;
}

/// To the client's own card, or to all when it asked for that or is refused (RFC 2131 section 4.1).
void GatewayEngine::send_dhcp(std::uint32_t side, const wire::DhcpMessage& message) {
  constexpr std::size_t udp_size = wire::udp_header_size + wire::dhcp_message_size;
  constexpr std::size_t ip_size = wire::ipv4_header_size + udp_size;
  std::array<std::byte, wire::ethernet_header_size + ip_size> frame{};
  const bool to_all = message.broadcast || message.type == wire::DhcpMessage::Type::nak;
  const Address from = *interfaces_[side].side().ipv4;
  Address to = Address::v4(0xffffffffU);
  if (!to_all)
    to = message.client.is_v4() && message.client.v4_value() != 0 ? message.client : message.yours;
  const auto packet = wire::MutableBytes(frame).subspan(wire::ethernet_header_size);
  wire::write_ipv4(packet,
                   {.total_size = static_cast<std::uint16_t>(ip_size),
                    .protocol = wire::ip_protocol::udp,
                    .source = from,
                    .destination = to});
  const auto datagram = packet.subspan(wire::ipv4_header_size);
  wire::write_dhcp(datagram.subspan(wire::udp_header_size), message);
  wire::write_udp(datagram, from, to, wire::dhcp_server_port, wire::dhcp_client_port);
  interfaces_[side].send_to(to_all ? MacAddress::broadcast() : message.client_mac, frame);
}

Time GatewayEngine::due() const {
  Time due = std::min(ipv4_.due(), ipv6_.due());
  if (held_) return due;
  for (const Interface& interface : interfaces_)
    due = std::min(due, interface.due());
  return due;
}

void GatewayEngine::advance() {
  const Time now = core_.now();
  if (!held_)
    for (Interface& interface : interfaces_)
      interface.advance(now);
  ipv4_.advance(now);
  ipv6_.advance(now);
}

void GatewayEngine::set_behaviour(const nat::Behaviour& behaviour) {
  ipv4_.set_behaviour(behaviour);
  ipv6_.set_behaviour(behaviour);
  interfaces_[0].own_ipv4(ipv4_.external_addresses());
}

void GatewayEngine::open(bool on) {
  ipv4_.open(on);
  ipv6_.open(on);
}

void GatewayEngine::clear_state() {
  for (Interface& interface : interfaces_)
    interface.forget_neighbours();
  ipv4_.clear_state();
  ipv6_.clear_state();
}

void GatewayEngine::hold(bool on) {
  held_ = on;
  ipv4_.hold(on);
  core_.wake_at(due()); // what was due meanwhile
}

void GatewayEngine::reboot() {
  for (Interface& interface : interfaces_)
    interface.forget_neighbours();
  ipv4_.reboot();
  ipv6_.clear_state();
}

std::size_t GatewayEngine::rebind(const Address& inside, std::optional<std::uint16_t> port) {
  return inside.is_v4() ? ipv4_.rebind(inside, port) : 0; // IPv6 is not translated
}

void GatewayEngine::change_address(const Address& outside) {
  interfaces_[0].change_ipv4(outside);
  interfaces_[0].forget_neighbours();
  ipv4_.change_address(outside);
}

void GatewayEngine::fill(bool on) {
  ipv4_.fill(on);
  ipv6_.fill(on);
}

void GatewayEngine::block_udp(bool on) {
  ipv4_.block_udp(on);
  ipv6_.block_udp(on);
}

void GatewayEngine::age(Duration by) {
  ipv4_.age(by);
  ipv6_.age(by);
}

} // namespace hermesh
