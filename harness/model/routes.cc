// SPDX-License-Identifier: MIT
//
// Where nothing is translated, the rest of the network has to know the way in.
#include "model/network.hh"

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

bool has_inside(const Gateway& gateway, const std::string& segment) {
  const auto& inside = gateway.spec.inside;
  return std::ranges::find(inside, segment, &Attachment::segment) != inside.end();
}

struct Families {
  bool ipv4 = false;
  bool ipv6 = false;
};

/// The prefixes behind `gateway`, through further gateways too. A topology has no loop of gateways,
/// so this ends.
void collect(const Network& network,
             const Gateway& gateway,
             Families through,
             std::vector<Prefix>& prefixes) {
  if (gateway.behaviour.translating != nat::Translating::none) through.ipv4 = false;
  for (const Attachment& inside : gateway.spec.inside) {
    const SegmentSpec& segment = segment_of(network, inside.segment);
    if (through.ipv4 && segment.ipv4) prefixes.push_back(*segment.ipv4);
    if (through.ipv6 && segment.ipv6) prefixes.push_back(*segment.ipv6);
    for (const Gateway& inner : network.gateways)
      if (inner.spec.outside.segment == inside.segment) collect(network, inner, through, prefixes);
  }
}

/// Not for the Internet (RFC 1918, RFC 6598).
bool is_private(const Prefix& prefix) {
  constexpr std::array<std::string_view, 4> blocks{
      "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"};
  return std::ranges::any_of(
      blocks, [&](std::string_view block) { return prefix.overlaps(*Prefix::parse(block)); });
}

/// Does nothing between the gateway and the Internet translate?
bool is_seen_outside(const Network& network, const Gateway& gateway) {
  if (gateway.behaviour.translating != nat::Translating::none) return false;
  const auto further = std::ranges::find_if(network.gateways, [&](const Gateway& other) {
    return has_inside(other, gateway.spec.outside.segment);
  });
  return further == network.gateways.end() || is_seen_outside(network, *further);
}

} // namespace

std::vector<Route> routes_inwards(const Network& network, const std::string& segment) {
  std::vector<Route> routes;
  for (const Gateway& gateway : network.gateways) {
    const Attachment& outside = gateway.spec.outside;
    if (outside.segment != segment) continue;
    std::vector<Prefix> behind;
    collect(network,
            gateway,
            {.ipv4 = outside.ipv4.has_value(), .ipv6 = outside.ipv6.has_value()},
            behind);
    for (const Prefix& prefix : behind)
      routes.push_back(
          {.prefix = prefix, .next_hop = prefix.address.is_v4() ? *outside.ipv4 : *outside.ipv6});
  }
  return routes;
}

std::string unroutable(const Network& network) {
  for (const Gateway& gateway : network.gateways) {
    if (gateway.behaviour.translating != nat::Translating::none) continue;
    const std::string who = "gateway '" + gateway.spec.name + "' translates nothing, and ";
    for (const Attachment& inside : gateway.spec.inside) {
      const auto& prefix = segment_of(network, inside.segment).ipv4;
      if (!prefix) continue;
      const std::string what = to_string(*prefix) + " of segment '" + inside.segment + "' ";
      if (is_private(*prefix) && is_seen_outside(network, gateway))
        return who + what + "is no address that the Internet routes to (RFC 1918, RFC 6598)";
      for (const SegmentSpec& other : network.segments)
        if (other.name != inside.segment && other.ipv4 && other.ipv4->overlaps(*prefix))
          return who + what + "is also that of segment '" + other.name + "'";
    }
  }
  return "";
}

} // namespace hermesh
