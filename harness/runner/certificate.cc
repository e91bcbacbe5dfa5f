// SPDX-License-Identifier: MIT
#include "runner/certificate.hh"

#include "base/error.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

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

/// The first side inside that has the family; the end where none has.
auto inside_with(const Gateway& gateway, FamilyOf family) {
  return std::ranges::find_if(gateway.spec.inside,
                              [&](const Attachment& at) { return (at.*family).has_value(); });
}

} // namespace

GatewayUnderTest
gateway_under_test(const Network& network, const Gateway& gateway, FamilyOf family) {
  const auto found = inside_with(gateway, family);
  if (found == gateway.spec.inside.end())
    throw Error("gateway '" + gateway.spec.name + "' has no side inside to measure it from");
  const auto& inside = *found;
  const auto& outside = gateway.spec.outside;
  auto taken = addresses_on(network, inside.segment);
  std::ranges::copy(addresses_on(network, outside.segment), std::back_inserter(taken));
  const auto prefix = family == &Attachment::ipv4 ? &SegmentSpec::ipv4 : &SegmentSpec::ipv6;
  return {.name = gateway.spec.name,
          .inside_segment = inside.segment,
          .outside_segment = outside.segment,
          .inside_prefix = (segment_of(network, inside.segment).*prefix).value(),
          .outside_prefix = (segment_of(network, outside.segment).*prefix).value(),
          .inside_address = (inside.*family).value(),
          .outside_address = (outside.*family).value(),
          .inside_mac =
              gateway.inside_macs.at(static_cast<std::size_t>(found - gateway.spec.inside.begin())),
          .outside_mac = gateway.outside_mac,
          .taken = std::move(taken)};
}

std::string unmeasurable(const Network& network) {
  for (const auto& gateway : network.gateways) {
    const auto lacks = [](const Attachment& at) { return !at.ipv4; };
    if (lacks(gateway.spec.outside) || std::ranges::any_of(gateway.spec.inside, lacks))
      return "gateway '" + gateway.spec.name +
             "': found a side without IPv4, wanted IPv4 on both: certification needs it";
  }
  return {};
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
  if (!gateway.spec.outside.ipv6 ||
      inside_with(gateway, &Attachment::ipv6) == gateway.spec.inside.end())
    return certificate;
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
