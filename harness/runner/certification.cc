// SPDX-License-Identifier: MIT
#include "runner/certification.hh"

#include "base/error.hh"
#include "certify/certify.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

/// Every address that a card or a gateway has on one of the two segments.
std::vector<Address> taken_on(const Network& network, const std::array<std::string, 2>& segments) {
  std::vector<Address> taken;
  const auto add = [&](const Attachment& attachment) {
    if (attachment.ipv4 && std::ranges::count(segments, attachment.segment) > 0)
      taken.push_back(*attachment.ipv4);
  };
  for (const auto& card : network.cards)
    add(card.attachment);
  for (const auto& gateway : network.gateways) {
    add(gateway.spec.outside);
    std::ranges::for_each(gateway.spec.inside, add);
  }
  return taken;
}

GatewayUnderTest under_test(const Network& network, const Gateway& gateway) {
  const auto& inside = gateway.spec.inside.front();
  const auto& outside = gateway.spec.outside;
  return {.name = gateway.spec.name,
          .inside_segment = inside.segment,
          .outside_segment = outside.segment,
          .inside_prefix = segment_of(network, inside.segment).ipv4.value(),
          .outside_prefix = segment_of(network, outside.segment).ipv4.value(),
          .inside_address = inside.ipv4.value(),
          .outside_address = outside.ipv4.value(),
          .inside_mac = gateway.inside_macs.front(),
          .outside_mac = gateway.outside_mac,
          .taken = taken_on(network, {inside.segment, outside.segment})};
}

std::string words(const std::string& mapping,
                  const std::string& filtering,
                  const std::string& ports,
                  const std::string& flows) {
  return fmt::format("{}/{}, ports {}, flows {}", mapping, filtering, ports, flows);
}

std::string words_of(const nat::Behaviour& behaviour) {
  if (behaviour.udp_out.passes_none()) return "UDP blocked";
  if (!behaviour.udp_out.passes_all()) return "UDP to " + to_string(behaviour.udp_out) + " only";
  return words(nat::mapping_name(behaviour.mapping),
               nat::filtering_name(behaviour.filtering),
               nat::to_string(behaviour.ports),
               nat::to_string(behaviour.flows));
}

std::string words_of(const MeasuredBehaviour& measured) {
  if (measured.udp_blocked) return "UDP blocked";
  return words(measured.mapping, measured.filtering, measured.ports, measured.flows);
}

/// Every axis that probes can see must be as declared. "either": from outside, the two flow rules
/// cannot be told apart for this mapping and filter.
bool matches(const nat::Behaviour& declared, const MeasuredBehaviour& measured) {
  const bool blocked = !declared.udp_out.passes_all(); // probes use ports that no list has
  if (blocked || measured.udp_blocked) return blocked == measured.udp_blocked;
  return measured.mapping == nat::mapping_name(declared.mapping) &&
         measured.filtering == nat::filtering_name(declared.filtering) &&
         measured.ports == nat::to_string(declared.ports) &&
         (measured.flows == "either" || measured.flows == nat::to_string(declared.flows));
}

} // namespace

std::vector<GatewayResult> certify_gateways(FabricLoop& loop, const TrialSpec& spec) {
  std::vector<GatewayResult> results;
  Certifier certifier(spec.seed);
  loop.on_virtual_frame([&](PortId port, std::span<const std::byte> frame, Time now) {
    certifier.sink(port, frame, now);
  });
  for (const auto& gateway : spec.declared.gateways) {
    MeasuredBehaviour measured;
    loop.with([&](Fabric& fabric, Time now) {
      measured = certifier.measure(fabric, under_test(spec.declared, gateway), now);
    });
    results.push_back({.gateway = gateway.spec.name,
                       .role = gateway.spec.role,
                       .declared = words_of(gateway.behaviour),
                       .measured = words_of(measured),
                       .certified = matches(gateway.behaviour, measured),
                       .evidence = measured.evidence});
  }
  loop.on_virtual_frame({});
  return results;
}

} // namespace hermesh
