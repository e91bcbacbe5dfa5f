// SPDX-License-Identifier: MIT
#include "runner/virtual_punch.hh"

#include "base/error.hh"
#include "wire/arp.hh"
#include "wire/ethernet.hh"
#include "wire/frame.hh"

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t server = 2;
constexpr std::uint16_t server_port = 3478;
constexpr std::uint16_t first_port = 40'000;
constexpr Duration longest = 3s; ///< of fabric time; an attempt takes a tenth of it

} // namespace

VirtualPunch::VirtualPunch(const Network& network,
                           const std::string& a,
                           const std::string& b,
                           const std::string& server_name)
    : network_(network),
      fabric_(network_,
              {.deliver = [this](PortId port,
                                 std::span<const std::byte> frame) { deliver(port, frame); }}),
      hosts_{host_of(a), host_of(b), host_of(server_name)} {
  hosts_[server].own.port = server_port;
}

VirtualPunch::Host VirtualPunch::host_of(const std::string& machine) {
  const auto card = std::ranges::find(network_.cards, machine, &Card::machine);
  if (card == network_.cards.end()) throw Error("machine '" + machine + "' has no card");
  Host host{.port = fabric_.port(machine + "." + card->name),
            .mac = card->mac,
            .own = {.address = card->attachment.ipv4.value()},
            .segment = card->attachment.segment,
            .on_link = segment_of(network_, card->attachment.segment).ipv4};
  for (const auto& gateway : network_.gateways)
    for (const auto& inside : gateway.spec.inside)
      if (inside.segment == card->attachment.segment) host.router = inside.ipv4;
  give_routes(host);
  return host;
}

void VirtualPunch::give_routes(Host& host) const {
  if (!host.router) host.routes = routes_inwards(network_, host.segment);
}

void VirtualPunch::adopt(const Network& network) {
  network_ = network;
  for (auto& host : hosts_)
    give_routes(host);
  for (const auto& gateway : network.gateways)
    fabric_.set_behaviour(gateway.spec.name, gateway.behaviour);
}

PunchOutcome VirtualPunch::run() {
  for (const auto& gateway : network_.gateways)
    fabric_.clear_state(gateway.spec.name);
  ++session_;
  const auto port = static_cast<std::uint16_t>(first_port + session_ % 20'000);
  for (std::size_t side = 0; side < punchers_.size(); ++side) {
    hosts_[side].own.port = static_cast<std::uint16_t>(port + side);
    punchers_[side].emplace(punch::PuncherOptions{.session = session_,
                                                  .side = static_cast<std::uint8_t>(side),
                                                  .server = hosts_[server].own});
  }
  const Time start = now_;
  // A puncher that knows nothing of the time before: its clock begins with the attempt.
  while (now_ - start < longest) {
    for (std::size_t side = 0; side < punchers_.size(); ++side)
      for (const auto& datagram : punchers_[side]->advance(now_))
        send(side, datagram);
    if (punchers_[0]->spent() && punchers_[1]->spent()) break;
    const Time next = std::min(punchers_[0]->due(), punchers_[1]->due());
    const auto due = fabric_.advance(now_);
    now_ = std::max(now_ + 1us, std::min(next, due.value_or(Time::max())));
    fabric_.advance(now_);
  }
  now_ += 100ms; // what is under way arrives
  fabric_.advance(now_);
  return {.a_reached = punchers_[0]->reached().has_value(),
          .b_reached = punchers_[1]->reached().has_value()};
}

void VirtualPunch::deliver(PortId port, std::span<const std::byte> frame) {
  const auto found = std::ranges::find(hosts_, port, &Host::port);
  if (found == hosts_.end()) return;
  const auto host = static_cast<std::size_t>(found - hosts_.begin());
  const auto type = wire::load16(frame.data() + 12);
  if (type == wire::ether_type::arp) {
    const auto arp = wire::parse_arp(frame.subspan(wire::ethernet_header_size));
    if (!arp || arp->operation != wire::ArpPacket::Operation::request ||
        arp->target != found->own.address)
      return;
    auto reply = wire::make_arp_reply(found->mac, found->own.address, arp->sender_mac, arp->sender);
    return fabric_.receive(found->port, reply, now_);
  }
  const auto summary = wire::summarise(frame);
  if (!summary || summary->destination != found->own) return;
  if (const auto message = punch::decode(summary->data)) take(host, summary->source, *message);
}

void VirtualPunch::take(std::size_t host, const Endpoint& from, const punch::Message& message) {
  if (host == server) {
    if (const auto reply = rendezvous_.receive(from, message)) send(host, *reply);
    return;
  }
  for (const auto& reply : punchers_.at(host)->receive(from, message))
    send(host, reply);
}

/// Whose card or gateway side on the host's segment has that address; the hosts know, as if they
/// had asked.
std::optional<MacAddress> VirtualPunch::owner_of(const Host& host, const Address& address) const {
  const auto on_segment = [&](const Attachment& at) {
    return at.ipv4 == address && at.segment == host.segment;
  };
  for (const auto& gateway : network_.gateways) {
    auto outside = gateway.spec.outside;
    for (unsigned i = 0; outside.ipv4 && i < gateway.behaviour.external_addresses; ++i) {
      outside.ipv4 = Address::v4(gateway.spec.outside.ipv4->v4_value() + i);
      if (on_segment(outside)) return gateway.outside_mac;
    }
    for (std::size_t i = 0; i < gateway.spec.inside.size(); ++i)
      if (on_segment(gateway.spec.inside[i])) return gateway.inside_macs.at(i);
  }
  for (const auto& card : network_.cards)
    if (on_segment(card.attachment)) return card.mac;
  return std::nullopt;
}

void VirtualPunch::send(std::size_t index, const punch::Datagram& datagram) {
  const auto& host = hosts_.at(index);
  const auto& to = datagram.to.address;
  auto hop = host.on_link && host.on_link->contains(to) ? std::optional(to) : host.router;
  for (const Route& route : host.routes)
    if (!hop && route.prefix.contains(to)) hop = route.next_hop;
  const auto mac = hop ? owner_of(host, *hop) : std::nullopt;
  if (!mac) return; // nowhere to send it, as a kernel would find
  auto frame = wire::make_udp_frame({.source_mac = host.mac,
                                     .destination_mac = *mac,
                                     .source = host.own,
                                     .destination = datagram.to},
                                    punch::encode(datagram.message));
  fabric_.receive(host.port, frame, now_);
}

} // namespace hermesh
