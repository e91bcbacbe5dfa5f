// SPDX-License-Identifier: MIT
#include "runner/knocker.hh"

#include "base/error.hh"
#include "base/random.hh"
#include "wire/arp.hh"
#include "wire/frame.hh"
#include "wire/icmp.hh"

#include <algorithm>

namespace hermesh {
namespace {

constexpr std::uint16_t asking_port = 40404;
constexpr std::uint8_t port_unreachable = 3; ///< code of ICMP type 3 (RFC 792)

/// The highest address that nobody has.
Address free_address_on(const Network& network,
                        const std::string& segment,
                        const std::vector<Address>& taken) {
  const auto prefix = segment_of(network, segment).ipv4;
  if (!prefix) return {};
  auto used = addresses_on(network, segment);
  used.insert(used.end(), taken.begin(), taken.end());
  for (auto address = prefix->broadcast().v4_value() - 1; address > prefix->address.v4_value();
       --address)
    if (std::ranges::count(used, Address::v4(address)) == 0) return Address::v4(address);
  throw Error("segment '" + segment + "' has no free address for a virtual host");
}

} // namespace

Knocker::Knocker(FrameHub& hub, const Network& network, const std::string& segment) : hub_(&hub) {
  auto random = derive_seed(network.seed, "knocker " + segment);
  mac_.bytes[0] = 0x02;
  for (std::size_t i = 1; i < mac_.bytes.size(); ++i, random >>= 8)
    mac_.bytes.at(i) = static_cast<std::uint8_t>(random & 0xff);
  mac_ = mac_of(0xffff); // the last: what is no question's
  hub_->loop().with([&](Fabric& fabric, Time) {
    address_ = free_address_on(network, segment, hub_->taken());
    hub_->taken().push_back(address_);
    port_ = fabric.attach(segment, mac_);
    place_ =
        hub_->add([this](Fabric& there, PortId port, std::span<const std::byte> frame, Time now) {
          if (port == port_) take(there, frame, now);
        });
  });
}

Knocker::~Knocker() {
  hub_->leave([&](Fabric& fabric) {
    hub_->remove(place_);
    std::erase(hub_->taken(), address_);
    fabric.detach(port_);
  });
}

MacAddress Knocker::mac_of(std::size_t question) const {
  auto mac = mac_;
  mac.bytes[4] = static_cast<std::uint8_t>(question >> 8);
  mac.bytes[5] = static_cast<std::uint8_t>(question);
  return mac;
}

void Knocker::knock(const Address& machine) {
  hub_->loop().with([&](Fabric& fabric, Time now) {
    auto question = wire::make_arp_request(mac_of(knocks_.size()), Address::v4(0), machine);
    knocks_.push_back({.asked = now});
    fabric.receive(port_, question, now);
  });
}

void Knocker::ask_port(const Address& machine, const MacAddress& mac, std::uint16_t port) {
  hub_->loop().with([&](Fabric& fabric, Time now) {
    auto frame = wire::make_udp_frame({.source_mac = mac_,
                                       .destination_mac = mac,
                                       .source = {.address = address_, .port = asking_port},
                                       .destination = {.address = machine, .port = port}},
                                      {});
    fabric.receive(port_, frame, now);
  });
}

std::vector<Knock> Knocker::knocks() {
  std::vector<Knock> copy;
  hub_->loop().with([&](Fabric&, Time) { copy = knocks_; });
  return copy;
}

std::size_t Knocker::refusals() {
  std::size_t copy = 0;
  hub_->loop().with([&](Fabric&, Time) { copy = refusals_; });
  return copy;
}

void Knocker::take(Fabric& fabric, std::span<const std::byte> frame, Time now) {
  const auto ethernet = wire::parse_ethernet(frame);
  if (!ethernet) return;
  if (ethernet->type == wire::ether_type::arp) {
    const auto arp = wire::parse_arp(frame.subspan(wire::ethernet_header_size));
    if (!arp) return;
    if (arp->operation == wire::ArpPacket::Operation::request && arp->target == address_) {
      auto reply = wire::make_arp_reply(mac_, address_, arp->sender_mac, arp->sender);
      return fabric.receive(port_, reply, now);
    }
    if (arp->operation != wire::ArpPacket::Operation::reply) return;
    const auto& bytes = arp->target_mac.bytes;
    const auto question = static_cast<std::size_t>(bytes[4]) << 8 | bytes[5];
    if (question < knocks_.size() && arp->target_mac == mac_of(question) &&
        !knocks_[question].answered)
      knocks_[question].answered = now;
    return;
  }
  const auto summary = wire::summarise(frame);
  if (!summary || summary->protocol != wire::ip_protocol::icmp || summary->data.size() < 2) return;
  if (summary->destination.address == address_ &&
      wire::load8(summary->data.data()) == wire::icmp_type::unreachable &&
      wire::load8(summary->data.data() + 1) == port_unreachable)
    ++refusals_;
}

} // namespace hermesh
