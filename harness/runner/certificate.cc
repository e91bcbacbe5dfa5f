// SPDX-License-Identifier: MIT
#include "runner/certificate.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
/// The axes that every gateway is called by, then the others that are worth a word.
std::string words_of(const std::vector<AxisResult>& axes, std::string AxisResult::*word) {
  const auto of = [&](std::string_view axis) {
    return (*std::ranges::find(axes, axis, &AxisResult::axis)).*word;
  };
  std::string text = fmt::format(
      "{}/{}, ports {}, flows {}", of("mapping"), of("filtering"), of("ports"), of("flows"));
  for (const AxisResult& axis : axes) {
    if (axis.usual) continue;
    if (std::ranges::count(
            std::array<std::string_view, 4>{"mapping", "filtering", "ports", "flows"}, axis.axis) >
        0)
      continue;
    text += ", " + axis.axis + " " + axis.*word;
  }
  return text;
}

/// Every address of the family that a card or a gateway has on one of the two segments.
std::vector<Address>
taken_on(const Network& network, const std::array<std::string, 2>& segments, FamilyOf family) {
  std::vector<Address> taken;
  const auto add = [&](const Attachment& attachment) {
    if (attachment.*family && std::ranges::count(segments, attachment.segment) > 0)
      taken.push_back(*(attachment.*family));
  };
  for (const auto& card : network.cards)
    add(card.attachment);
  for (const auto& gateway : network.gateways) {
    add(gateway.spec.outside);
    std::ranges::for_each(gateway.spec.inside, add);
    auto further = gateway.spec.outside;
    for (std::uint32_t i = 1; further.ipv4 && i < gateway.behaviour.external_addresses; ++i) {
      further.ipv4 = Address::v4(gateway.spec.outside.ipv4->v4_value() + i);
      add(further);
    }
  }
  return taken;
}

} // namespace

GatewayUnderTest
gateway_under_test(const Network& network, const Gateway& gateway, FamilyOf family) {
  const auto& inside = gateway.spec.inside.front();
  const auto& outside = gateway.spec.outside;
  const auto prefix = family == &Attachment::ipv4 ? &SegmentSpec::ipv4 : &SegmentSpec::ipv6;
  return {.name = gateway.spec.name,
          .inside_segment = inside.segment,
          .outside_segment = outside.segment,
          .inside_prefix = (segment_of(network, inside.segment).*prefix).value(),
          .outside_prefix = (segment_of(network, outside.segment).*prefix).value(),
          .inside_address = (inside.*family).value(),
          .outside_address = (outside.*family).value(),
          .inside_mac = gateway.inside_macs.front(),
          .outside_mac = gateway.outside_mac,
          .taken = taken_on(network, {inside.segment, outside.segment}, family)};
}

bool Certificate::certified() const {
  return std::ranges::all_of(axes, &AxisResult::as_declared);
}

std::string Certificate::declared() const {
  return words_of(axes, &AxisResult::declared);
}

std::string Certificate::measured() const {
  return words_of(axes, &AxisResult::measured);
}

Certificate certify_gateway(const Network& declared,
                            const Gateway& gateway,
                            Certifier& certifier,
                            Fabric& fabric,
                            Time now) {
  const auto measure = [&](FamilyOf family) {
    return certifier.measure(fabric, gateway_under_test(declared, gateway, family), now);
  };
  Certificate certificate{.gateway = gateway.spec.name,
                          .role = gateway.spec.role,
                          .axes = compare(gateway.behaviour, measure(&Attachment::ipv4))};
  if (!gateway.spec.outside.ipv6 || !gateway.spec.inside.front().ipv6) return certificate;
  for (auto& axis : compare_ipv6(gateway.behaviour, measure(&Attachment::ipv6)))
    certificate.axes.push_back(std::move(axis));
  return certificate;
}

std::vector<Certificate>
certify_network(const Network& declared, const Network& built, std::uint64_t seed) {
  constexpr Time now = 1s;
  Certifier certifier(seed);
  Fabric fabric(built, {.deliver = [&](PortId port, std::span<const std::byte> frame) {
                  certifier.sink(port, frame, now);
                }});
  std::vector<Certificate> certificates;
  for (const auto& gateway : declared.gateways)
    certificates.push_back(certify_gateway(declared, gateway, certifier, fabric, now));
  return certificates;
}

} // namespace hermesh
