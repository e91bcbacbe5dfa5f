// SPDX-License-Identifier: MIT
#include "world.hh"

#include "base/error.hh"
#include "wire/arp.hh"
#include "wire/icmp.hh"
#include "wire/neighbour.hh"

#include <algorithm>

namespace hermesh::testing {
namespace {

MacAddress mac(std::uint8_t last) {
  return {{0x52, 0x54, 0, 0, 0, last}};
}

} // namespace

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string text_of(wire::Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes)
    text.push_back(static_cast<char>(b));
  return text;
}

Network neighbours(const Profile& profile) {
  Network n{
      .segments = {{.name = "lan", .ipv4 = Prefix::parse("10.0.0.0/24")}}, .cards = {}, .seed = 3};
  for (const std::uint8_t i : std::initializer_list<std::uint8_t>{1, 2, 3})
    n.cards.push_back({.machine = std::string(1, "wxyz"[i]),
                       .name = "eth0",
                       .attachment = {.segment = "lan", .ipv4 = ip("10.0.0." + std::to_string(i))},
                       .mac = {{0x52, 0x54, 0, 0, 1, i}},
                       .profile = i == 1 ? profile : Profile{}});
  return n; // x, y, z
}

Network double_nat(const nat::Behaviour& behaviour) {
  const auto on = [](std::string segment, std::string_view address) {
    return Attachment{.segment = std::move(segment), .ipv4 = ip(address)};
  };
  Network n{.segments = {}, .cards = {}, .seed = 7};
  n.segments = {{.name = "internet", .ipv4 = Prefix::parse("80.100.0.0/16")},
                {.name = "carrier", .ipv4 = Prefix::parse("10.64.0.0/16")},
                {.name = "home-a", .ipv4 = Prefix::parse("192.168.1.0/24"), .may_overlap = true},
                {.name = "home-b", .ipv4 = Prefix::parse("192.168.1.0/24"), .may_overlap = true}};
  const auto gateway =
      [&](std::string name, Attachment outside, Attachment inside, std::uint8_t m) {
        n.gateways.push_back({.spec = {.name = std::move(name),
                                       .role = "home",
                                       .outside = std::move(outside),
                                       .inside = {std::move(inside)}},
                              .behaviour = behaviour,
                              .outside_mac = mac(m),
                              .inside_macs = {mac(static_cast<std::uint8_t>(m + 1))}});
      };
  gateway("gw-a", on("internet", "80.100.0.1"), on("home-a", "192.168.1.1"), 0x10);
  gateway("gw-b", on("carrier", "10.64.0.10"), on("home-b", "192.168.1.1"), 0x20);
  gateway("gw-c", on("internet", "80.100.0.2"), on("carrier", "10.64.0.1"), 0x30);
  const auto card = [&](std::string machine, Attachment where, std::uint8_t m) {
    n.cards.push_back({.machine = std::move(machine),
                       .name = "eth0",
                       .attachment = std::move(where),
                       .mac = mac(m)});
  };
  card("a", on("home-a", "192.168.1.10"), 1);
  card("b", on("home-b", "192.168.1.10"), 2);
  card("r", on("internet", "80.100.0.100"), 3);
  return n;
}

World::World(Network network)
    : network_(std::move(network)),
      fabric_(network_,
              {.deliver = [this](PortId port, wire::Bytes frame) { deliver(port, frame); },
               .tap =
                   [this](const TapRecord& record) {
                     taps.push_back({.segment = network_.segments[record.segment].name,
                                     .port = port_name(record.segment, record.source),
                                     .drop = record.drop,
                                     .at = record.time,
                                     .frame = {record.frame.begin(), record.frame.end()}});
                   }}) {}

const std::string& World::port_name(std::uint32_t segment, std::uint32_t port) {
  auto& names = port_names_[segment];
  if (port >= names.size()) names = fabric_.segment_ports(segment);
  return names.at(port);
}

const Card& World::card(const std::string& machine) const {
  const auto found = std::ranges::find(network_.cards, machine, &Card::machine);
  if (found == network_.cards.end()) throw Error("no machine " + machine);
  return *found;
}

MacAddress World::next_hop(const std::string& machine, const Address& destination) const {
  const Card& from = card(machine);
  for (const Card& other : network_.cards)
    if (other.attachment.segment == from.attachment.segment &&
        (other.attachment.ipv4 == destination || other.attachment.ipv6 == destination))
      return other.mac;
  for (const Gateway& gateway : network_.gateways) {
    if (gateway.spec.outside.segment == from.attachment.segment &&
        (gateway.spec.outside.ipv4 == destination || gateway.spec.outside.ipv6 == destination))
      return gateway.outside_mac;
    for (std::size_t i = 0; i < gateway.spec.inside.size(); ++i)
      if (gateway.spec.inside[i].segment == from.attachment.segment) return gateway.inside_macs[i];
  }
  for (const Route& route : routes_inwards(network_, from.attachment.segment))
    if (route.prefix.contains(destination)) return next_hop(machine, route.next_hop);
  throw Error("no way from " + machine + " to " + to_string(destination));
}

wire::FrameAddresses
World::addresses(const std::string& machine, std::uint16_t port, const Endpoint& to) const {
  const Attachment& own = card(machine).attachment;
  return {.source_mac = card(machine).mac,
          .destination_mac = next_hop(machine, to.address),
          .source = {.address = to.address.is_v4() ? *own.ipv4 : *own.ipv6, .port = port},
          .destination = to};
}

void World::send(const std::string& machine, std::vector<std::byte> frame) {
  fabric_.receive(fabric_.port(machine + ".eth0"), frame, now);
}

void World::udp(const std::string& machine,
                std::uint16_t port,
                const Endpoint& to,
                std::string_view data) {
  send(machine, wire::make_udp_frame(addresses(machine, port, to), bytes_of(data)));
}

void World::tcp(const std::string& machine,
                std::uint16_t port,
                const Endpoint& to,
                std::uint8_t flags) {
  send(machine, wire::make_tcp_frame(addresses(machine, port, to), flags));
}

void World::pass(Duration by) {
  now += by;
  fabric_.advance(now);
}

void World::deliver(PortId port, wire::Bytes frame) {
  ++delivered;
  const auto index = static_cast<std::size_t>(port);
  if (index >= network_.cards.size()) return;
  const Card& owner = network_.cards[index];
  if (wire::load16(frame.data() + 12) == wire::ether_type::arp) {
    const auto arp = wire::parse_arp(frame.subspan(wire::ethernet_header_size));
    const bool asked = arp && arp->operation == wire::ArpPacket::Operation::request &&
                       arp->target == owner.attachment.ipv4;
    if (!answers_arp || !asked) return;
    auto reply = wire::make_arp_reply(owner.mac, arp->target, arp->sender_mac, arp->sender);
    fabric_.receive(port, reply, now);
    return;
  }
  if (answers_solicitations && answer_solicitation(port, owner, frame)) return;
  Received received{.frame = {frame.begin(), frame.end()}, .summary = {}, .at = now};
  auto& kept = inboxes_[owner.machine].emplace_back(std::move(received));
  kept.summary = wire::summarise(kept.frame).value_or(wire::FrameSummary{});
}

/// False when it is none.
bool World::answer_solicitation(PortId port, const Card& owner, wire::Bytes frame) {
  if (wire::load16(frame.data() + 12) != wire::ether_type::ipv6) return false;
  const auto packet = frame.subspan(wire::ethernet_header_size);
  const auto ip = wire::parse_ipv6(packet);
  if (!ip || ip->protocol != wire::ip_protocol::icmpv6) return false;
  const auto question = wire::parse_neighbour(packet.subspan(ip->header_size));
  if (!question || question->advertisement) return false;
  const Address own = question->target;
  if (owner.attachment.ipv6 != own) return true;
  std::vector<std::byte> reply(wire::ethernet_header_size + wire::ipv6_header_size +
                               wire::neighbour_message_size);
  wire::write_ethernet(reply,
                       {.destination = wire::load_mac(frame.data() + 6),
                        .source = owner.mac,
                        .type = wire::ether_type::ipv6});
  const auto out = wire::MutableBytes(reply).subspan(wire::ethernet_header_size);
  wire::write_ipv6(out,
                   {.total_size = static_cast<std::uint16_t>(out.size()),
                    .hop_limit = 255,
                    .protocol = wire::ip_protocol::icmpv6,
                    .source = own,
                    .destination = ip->source});
  wire::write_neighbour(
      out.subspan(wire::ipv6_header_size),
      {.advertisement = true, .solicited = true, .target = own, .link_address = owner.mac},
      own,
      ip->source);
  fabric_.receive(port, reply, now);
  return true;
}

std::deque<World::Received> World::take(const std::string& machine) {
  return std::exchange(inboxes_[machine], {});
}

std::uint64_t World::dropped(const std::string& where, DropReason reason) const {
  for (const LedgerRow& row : fabric_.ledger())
    if (row.where == where && row.reason == reason) return row.frames;
  return 0;
}

std::uint64_t World::dropped_in_all() const {
  std::uint64_t frames = 0;
  for (const LedgerRow& row : fabric_.ledger())
    frames += row.frames;
  return frames;
}

} // namespace hermesh::testing
