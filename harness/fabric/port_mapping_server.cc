// SPDX-License-Identifier: MIT
#include "fabric/port_mapping_server.hh"

#include <algorithm>

namespace hermesh {

std::uint32_t PortMappingServer::epoch(Time now) const {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now - started_).count());
}

void PortMappingServer::restart(Time now) {
  table_.end_leases(now);
  started_ = now;
}

/// By the version, which both protocols have first, so that each refuses what only the other knows
/// (RFC 6887 section 9, RFC 6886 section 3.5).
wire::Bytes
PortMappingServer::answer(const Endpoint& client, wire::Bytes request, Time now, Buffer& out) {
  if (!rules().is_offered() || request.empty()) return {};
  const bool asks_nat_pmp = wire::load8(request.data()) == wire::nat_pmp::version;
  const bool by_nat_pmp = rules().nat_pmp && (asks_nat_pmp || !rules().pcp);
  return by_nat_pmp ? nat_pmp(client, request, now, out) : pcp(client, request, now, out);
}

/// For as long as was asked for, or for the longest time that the gateway grants.
nat::Translation
PortMappingServer::lease(nat::Table::LeaseRequest request, std::uint32_t& seconds, Time now) {
  const auto most = std::chrono::duration_cast<std::chrono::seconds>(rules().most_lifetime).count();
  seconds = static_cast<std::uint32_t>(std::min<std::int64_t>(seconds, most));
  request.lifetime = std::chrono::seconds{seconds};
  return table_.lease(request, now);
}

} // namespace hermesh
