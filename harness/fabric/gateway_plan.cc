// SPDX-License-Identifier: MIT
#include "fabric/gateway_plan.hh"

#include "base/random.hh"

#include <algorithm>

namespace hermesh {
namespace {

const SegmentSpec& segment_of(const Network& network, const Attachment& attachment) {
  return *std::ranges::find(network.segments, attachment.segment, &SegmentSpec::name);
}

GatewaySide
side_of(const Network& network, const Attachment& at, const MacAddress& mac, GatewayPlace place) {
  const SegmentSpec& segment = segment_of(network, at);
  GatewaySide side{.place = place,
                   .mac = mac,
                   .ipv4 = at.ipv4,
                   .ipv6 = at.ipv6,
                   .ipv4_prefix = segment.ipv4,
                   .ipv6_prefix = segment.ipv6,
                   .dhcp = segment.dhcp};
  const auto lease = [&](const Attachment& attachment, const MacAddress& owner) {
    if (attachment.segment == at.segment && attachment.ipv4)
      side.leases.push_back({.mac = owner, .address = *attachment.ipv4});
  };
  for (const Card& card : network.cards)
    lease(card.attachment, card.mac);
  for (const Gateway& other : network.gateways) {
    lease(other.spec.outside, other.outside_mac);
    for (std::size_t i = 0; i < other.spec.inside.size(); ++i)
      lease(other.spec.inside[i], other.inside_macs.at(i));
  }
  return side;
}

std::optional<Address> only_host(const Network& network, const Gateway& gateway) {
  std::optional<Address> only;
  for (const Card& card : network.cards) {
    const auto& inside = gateway.spec.inside;
    if (std::ranges::find(inside, card.attachment.segment, &Attachment::segment) == inside.end())
      continue;
    if (only) return std::nullopt;
    only = card.attachment.ipv4;
  }
  return only;
}

} // namespace

GatewayPlan::GatewayPlan(const Network& network,
                         std::size_t index,
                         std::span<const GatewayPlace> places)
    : name(network.gateways.at(index).spec.name) {
  const Gateway& self = network.gateways[index];
  behaviour = self.behaviour;
  seed = derive_seed(network.seed, "gateway " + name);
  sides.push_back(side_of(network, self.spec.outside, self.outside_mac, places[0]));
  for (std::size_t i = 0; i < self.spec.inside.size(); ++i)
    sides.push_back(side_of(network, self.spec.inside[i], self.inside_macs.at(i), places[i + 1]));

  for (const Gateway& other : network.gateways) {
    if (&other == &self) continue;
    for (const Attachment& inside : other.spec.inside)
      if (inside.segment == self.spec.outside.segment && !upstream_ipv4 && !upstream_ipv6) {
        upstream_ipv4 = inside.ipv4;
        upstream_ipv6 = inside.ipv6;
      }
    const auto on =
        std::ranges::find(sides, other.spec.outside.segment, [&](const GatewaySide& side) {
          return network.segments[side.place.segment].name;
        });
    if (on == sides.end()) continue;
    if (on != sides.begin() && !gateway_inside) gateway_inside = other.spec.outside.ipv4;
  }
  for (std::uint32_t side = 0; side < sides.size(); ++side) {
    const GatewaySide& own = sides[side];
    for (const Route& route : routes_inwards(network, network.segments[own.place.segment].name))
      if (route.next_hop != own.ipv4 && route.next_hop != own.ipv6)
        routes_behind.push_back({.prefix = route.prefix, .side = side, .next_hop = route.next_hop});
  }
  only_host_inside = only_host(network, self);
  for (const SegmentSpec& segment : network.segments) {
    if (segment.ipv4) lab.push_back(*segment.ipv4);
    if (segment.ipv6) lab.push_back(*segment.ipv6);
  }
}

} // namespace hermesh
