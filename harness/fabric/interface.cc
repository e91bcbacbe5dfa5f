// SPDX-License-Identifier: MIT
#include "fabric/interface.hh"

#include "fabric/core.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration between_announcements = 200s; // MinRtrAdvInterval of RFC 4861 section 6.2.1
constexpr std::uint16_t router_lifetime_seconds = 1800;
constexpr std::uint8_t discovery_hop_limit = 255; // what a router further away cannot send

wire::IpHeader discovery_header(const Address& from, const Address& to, std::size_t data) {
  return {.total_size = static_cast<std::uint16_t>(wire::ipv6_header_size + data),
          .hop_limit = discovery_hop_limit,
          .protocol = wire::ip_protocol::icmpv6,
          .source = from,
          .destination = to};
}

std::uint16_t type_of_packet(wire::Bytes frame) {
  const bool v4 = wire::load8(frame.data() + wire::ethernet_header_size) >> 4 == 4;
  return v4 ? wire::ether_type::ipv4 : wire::ether_type::ipv6;
}

} // namespace

Interface::Interface(Core& core, const GatewaySide& side, DropCounters::Place place, bool announces)
    : core_(core), side_(side), place_(place), link_local_(wire::link_local_address(side.mac)) {
  if (const auto& prefix = side_.ipv4_prefix) {
    has_ipv4_ = true;
    ipv4_network_ = prefix->address.v4_value();
    ipv4_mask_ = prefix->length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix->length);
  }
  if (announces && side_.ipv6_prefix) next_announcement_ = between_announcements;
}

void Interface::send(const Address& next_hop, wire::MutableBytes frame) {
  const auto answer = neighbours_.look_up(next_hop, core_.now());
  if (!answer.mac) {
    // Until its next header is written it must not go about under the one of another segment.
    wire::write_ethernet(frame,
                         {.destination = {}, .source = side_.mac, .type = type_of_packet(frame)});
    const bool waits = !answer.absent && neighbours_.hold(next_hop, frame);
    if (!waits) give_up(frame);
  }
  if (answer.ask) ask(next_hop);
  if (answer.mac) send_to(*answer.mac, frame);
}

void Interface::send_to(const MacAddress& to, wire::MutableBytes frame) {
  wire::write_ethernet(frame,
                       {.destination = to, .source = side_.mac, .type = type_of_packet(frame)});
  core_.transmit(outgoing(frame));
}

void Interface::drop(const Transit& transit, DropReason reason) {
  core_.drop(place_, transit, reason);
}

void Interface::forget_neighbours() {
  neighbours_.forget([this](wire::MutableBytes frame) { give_up(frame); });
}

void Interface::give_up(wire::MutableBytes frame) {
  core_.drop(place_, outgoing(frame), DropReason::neighbour_unresolved, false);
}

void Interface::learn(const Address& address, const MacAddress& mac, bool create) {
  if (mac.is_group() || !on_link(address)) return;
  neighbours_.learn(address, mac, core_.now(), create, [this, mac](wire::MutableBytes frame) {
    send_to(mac, frame);
  });
}

void Interface::receive_arp(const Transit& transit) {
  const auto arp = wire::parse_arp(transit.frame.subspan(wire::ethernet_header_size));
  if (!arp) return drop(transit, DropReason::malformed);
  if (!side_.ipv4 || owns_ipv4(arp->sender)) return; // somebody claims to be this gateway
  const bool for_me = owns_ipv4(arp->target);
  learn(arp->sender, arp->sender_mac, for_me);
  if (!for_me || arp->operation != wire::ArpPacket::Operation::request) return;
  const auto reply = transit.frame.first(wire::ethernet_header_size + wire::arp_packet_size);
  wire::write_ethernet(
      reply, {.destination = arp->sender_mac, .source = side_.mac, .type = wire::ether_type::arp});
  wire::write_arp(reply.subspan(wire::ethernet_header_size),
                  {.operation = wire::ArpPacket::Operation::reply,
                   .sender_mac = side_.mac,
                   .sender = arp->target,
                   .target_mac = arp->sender_mac,
                   .target = arp->sender});
  core_.transmit(outgoing(reply));
}

void Interface::ask(const Address& address) {
  core_.wake_at(neighbours_.due());
  address.is_v4() ? ask_ipv4(address) : ask_ipv6(address);
}

void Interface::ask_ipv4(const Address& address) {
  if (!side_.ipv4) return;
  std::array<std::byte, wire::ethernet_header_size + wire::arp_packet_size> frame{};
  wire::write_ethernet(
      frame,
      {.destination = MacAddress::broadcast(), .source = side_.mac, .type = wire::ether_type::arp});
  wire::write_arp(wire::MutableBytes(frame).subspan(wire::ethernet_header_size),
                  {.sender_mac = side_.mac, .sender = *side_.ipv4, .target = address});
  core_.transmit(outgoing(frame));
}

void Interface::ask_ipv6(const Address& address) {
  constexpr std::size_t size =
      wire::ethernet_header_size + wire::ipv6_header_size + wire::neighbour_message_size;
  std::array<std::byte, size> frame{};
  const Address group = wire::solicited_node_address(address);
  const auto packet = wire::MutableBytes(frame).subspan(wire::ethernet_header_size);
  wire::write_ipv6(packet, discovery_header(link_local_, group, wire::neighbour_message_size));
  wire::write_neighbour(packet.subspan(wire::ipv6_header_size),
                        {.target = address, .link_address = side_.mac},
                        link_local_,
                        group);
  send_to(wire::multicast_mac(group), frame);
}

bool Interface::receive_neighbour_discovery(const Transit& transit,
                                            const wire::IpHeader& ip,
                                            wire::Bytes message) {
  if (message.empty()) return false;
  const std::uint8_t type = wire::load8(message.data());
  if (type < wire::icmpv6_type::router_solicitation || type > wire::icmpv6_type::redirect)
    return false;
  if (ip.hop_limit != discovery_hop_limit ||
      !wire::transport_checksum_ok(message, wire::ip_protocol::icmpv6, ip.source, ip.destination)) {
    drop(transit, DropReason::malformed);
    return true;
  }
  if (type == wire::icmpv6_type::router_solicitation) {
    if (next_announcement_ != Time::max())
      announce(wire::all_nodes_address(), wire::multicast_mac(wire::all_nodes_address()));
    return true;
  }
  const auto neighbour = wire::parse_neighbour(message);
  if (!neighbour) return true; // redirects and advertisements are for hosts
  if (!neighbour->advertisement)
    answer_solicitation(transit, ip, *neighbour);
  else if (neighbour->link_address)
    learn(neighbour->target, *neighbour->link_address, false);
  return true;
}

void Interface::answer_solicitation(const Transit& transit,
                                    const wire::IpHeader& ip,
                                    const wire::NeighbourMessage& question) {
  if (!owns_ipv6(question.target)) return;
  const bool probe = ip.source.is_unspecified(); // duplicate address detection (RFC 4862)
  if (!probe && question.link_address) learn(ip.source, *question.link_address, true);
  constexpr std::size_t size =
      wire::ethernet_header_size + wire::ipv6_header_size + wire::neighbour_message_size;
  std::array<std::byte, size> frame{};
  const Address to = probe ? wire::all_nodes_address() : ip.source;
  const auto packet = wire::MutableBytes(frame).subspan(wire::ethernet_header_size);
  wire::write_ipv6(packet, discovery_header(question.target, to, wire::neighbour_message_size));
  wire::write_neighbour(packet.subspan(wire::ipv6_header_size),
                        {.advertisement = true,
                         .router = true,
                         .solicited = !probe,
                         .override_ = true,
                         .target = question.target,
                         .link_address = side_.mac},
                        question.target,
                        to);
  send_to(probe ? wire::multicast_mac(to) : wire::load_mac(transit.frame.data() + 6), frame);
}

void Interface::announce(const Address& to, const MacAddress& to_mac) {
  constexpr std::size_t size =
      wire::ethernet_header_size + wire::ipv6_header_size + wire::router_advertisement_size;
  std::array<std::byte, size> frame{};
  const auto packet = wire::MutableBytes(frame).subspan(wire::ethernet_header_size);
  wire::write_ipv6(packet, discovery_header(link_local_, to, wire::router_advertisement_size));
  // Addresses are the harness's to give, unless the segment leaves that to the gateway.
  wire::write_router_advertisement(packet.subspan(wire::ipv6_header_size),
                                   {.router_lifetime_seconds = router_lifetime_seconds,
                                    .link_address = side_.mac,
                                    .prefix = *side_.ipv6_prefix,
                                    .autonomous = side_.dhcp},
                                   link_local_,
                                   to);
  send_to(to_mac, frame);
}

void Interface::advance(Time now) {
  if (neighbours_.due() <= now)
    neighbours_.advance(
        now,
        [this](const Address& address) { ask(address); },
        [this](wire::MutableBytes frame) { give_up(frame); });
  if (next_announcement_ <= now) {
    next_announcement_ = now + between_announcements;
    announce(wire::all_nodes_address(), wire::multicast_mac(wire::all_nodes_address()));
  }
}

} // namespace hermesh
