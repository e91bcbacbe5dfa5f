// SPDX-License-Identifier: MIT
#include "runner/certification.hh"

#include "runner/certificate.hh"

#include <fmt/format.h>

namespace hermesh {
namespace {

/// First what differs, then what was sent and seen.
std::vector<std::string> evidence_of(const Certificate& certificate) {
  std::vector<std::string> lines;
  for (const auto& axis : certificate.axes)
    if (!axis.as_declared)
      lines.push_back(fmt::format(
          "differs: {}: declared {}, measured {}", axis.axis, axis.declared, axis.measured));
  for (const auto& axis : certificate.axes)
    for (const auto& one : axis.evidence)
      lines.push_back(fmt::format("{}: {}: {}", one.axis, one.probe, one.seen));
  return lines;
}

} // namespace

std::vector<GatewayResult> certify_gateways(FabricLoop& loop, const TrialSpec& spec) {
  std::vector<GatewayResult> results;
  Certifier certifier(spec.seed);
  loop.on_virtual_frame([&](PortId port, std::span<const std::byte> frame, Time now) {
    certifier.sink(port, frame, now);
  });
  for (const auto& gateway : spec.declared.gateways) {
    Certificate certificate;
    loop.with([&](Fabric& fabric, Time now) {
      certificate = certify_gateway(spec.declared, gateway, certifier, fabric, now);
    });
    results.push_back({.gateway = certificate.gateway,
                       .role = certificate.role,
                       .declared = certificate.declared(),
                       .measured = certificate.measured(),
                       .certified = certificate.certified(),
                       .evidence = evidence_of(certificate)});
  }
  loop.on_virtual_frame({});
  return results;
}

} // namespace hermesh
