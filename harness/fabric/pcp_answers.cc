// SPDX-License-Identifier: MIT
//
// PortMappingServer: the Port Control Protocol (RFC 6887).
#include "fabric/port_mapping_server.hh"
#include "wire/ip.hh"

#include <algorithm>

namespace hermesh {
namespace {

using PcpMap = wire::pcp::Map;
using PcpOpcode = wire::pcp::Opcode;
using PcpRequest = wire::pcp::Request;
using PcpResponse = wire::pcp::Response;
using PcpResult = wire::pcp::Result;

constexpr std::size_t empty_option_size = 4;

PcpResult pcp_result(nat::Refusing refusing) {
  switch (refusing) {
  case nat::Refusing::no: return PcpResult::success;
  case nat::Refusing::not_authorized: return PcpResult::not_authorized;
  case nat::Refusing::no_resources: return PcpResult::no_resources;
  case nat::Refusing::network_failure: return PcpResult::network_failure;
  }
  return PcpResult::success;
}

PcpResult pcp_result(nat::Refusal refusal, bool exactly) {
  if (refusal == nat::Refusal::host_limit) return PcpResult::user_ex_quota;
  if (refusal == nat::Refusal::ports_exhausted && exactly)
    return PcpResult::cannot_provide_external;
  return PcpResult::no_resources;
}

/// For how long a client should believe an error (section 7.4 tells short from long ones).
std::uint32_t error_lifetime(PcpResult result) {
  constexpr std::uint32_t brief = 30;
  constexpr std::uint32_t lasting = 1800;
  switch (result) {
  case PcpResult::network_failure:
  case PcpResult::no_resources:
  case PcpResult::user_ex_quota:
  case PcpResult::cannot_provide_external: return brief;
  default: return lasting;
  }
}

std::optional<nat::Protocol> protocol_of(const PcpMap& map) {
  if (map.protocol == wire::ip_protocol::udp) return nat::Protocol::udp;
  if (map.protocol == wire::ip_protocol::tcp) return nat::Protocol::tcp;
  return std::nullopt;
}

bool prefers_failure(const PcpRequest& request) {
  return std::ranges::count(
             request.options, wire::pcp::option::prefer_failure, &wire::pcp::Option::kind) > 0;
}

/// All zeros of either family are any address (section 11.1).
Address suggested_address(const PcpMap& map) {
  return map.external == Address::v4(0) ? Address{} : map.external;
}

/// A lease that NAT-PMP granted has no nonce, and goes over to the one who comes with one.
bool may_change(const nat::Lease& lease, const PcpMap& map) {
  return lease.nonce == nat::LeaseNonce{} || lease.nonce == map.nonce;
}

/// Section 8.2 and 13: whatever must be understood and is not, is refused.
PcpResult check_options(const PcpRequest& request) {
  for (const auto& option : request.options) {
    if (!option.is_mandatory()) continue;
    if (option.kind != wire::pcp::option::prefer_failure || !request.map)
      return PcpResult::unsupp_option;
    const bool repeated =
        std::ranges::count(request.options, option.kind, &wire::pcp::Option::kind) > 1;
    if (!option.data.empty() || repeated) return PcpResult::malformed_option;
  }
  return PcpResult::success;
}

/// Section 11.3: which ports may be asked for, before anything is looked up.
PcpResult check_map(const PcpRequest& request) {
  const PcpMap& map = *request.map;
  if (map.protocol == 0 && map.internal_port != 0) return PcpResult::malformed_request;
  if (map.protocol != 0 && !protocol_of(map)) return PcpResult::unsupp_protocol;
  const bool of_all = map.protocol == 0 || map.internal_port == 0;
  return of_all && request.lifetime != 0 ? PcpResult::unsupp_protocol : PcpResult::success;
}

} // namespace

wire::Bytes
PortMappingServer::pcp(const Endpoint& client, wire::Bytes data, Time now, Buffer& out) {
  const auto parsed = wire::pcp::parse_request(data);
  if (!parsed) return {};
  const PcpRequest& request = parsed->request;
  PcpResponse response{.opcode = request.opcode, .epoch = epoch(now), .map = request.map};
  PcpResult result = parsed->result;
  if (result == PcpResult::success && request.client != client.address)
    result = PcpResult::address_mismatch; // there is another NAT between the two (section 8.1)
  if (result == PcpResult::success) result = check_options(request);
  if (result == PcpResult::success && request.map) result = check_map(request);
  if (result == PcpResult::success && request.map)
    result = request.lifetime == 0 ? end(request, now) : map(request, now, response);
  if (result != PcpResult::success) {
    const std::uint32_t lifetime =
        response.lifetime != 0 ? response.lifetime : error_lifetime(result);
    return wire::Bytes(out).first(
        wire::pcp::write_error(out, data, result, lifetime, response.epoch));
  }
  std::size_t size = wire::pcp::write_response(out, response);
  if (prefers_failure(request)) { // what was understood is said again (section 7.3)
    wire::store32(out.data() + size, std::uint32_t{wire::pcp::option::prefer_failure} << 24);
    size += empty_option_size;
  }
  return wire::Bytes(out).first(size);
}

PcpResult PortMappingServer::map(const PcpRequest& request, Time now, PcpResponse& response) {
  if (const PcpResult refused = pcp_result(rules().refuses); refused != PcpResult::success)
    return refused;
  if (!has_external_address()) return PcpResult::network_failure;
  const PcpMap& asked = *request.map;
  const Endpoint inside{.address = request.client, .port = asked.internal_port};
  const nat::Protocol protocol = *protocol_of(asked);
  const nat::Lease* known = table_.find_lease(protocol, inside, now);
  if (known != nullptr && !may_change(*known, asked)) {
    response.lifetime = static_cast<std::uint32_t>(
        std::chrono::ceil<std::chrono::seconds>(table_.left_of(*known, now)).count());
    return PcpResult::not_authorized;
  }
  const bool exactly = prefers_failure(request);
  response.lifetime = request.lifetime;
  const auto granted = lease({.protocol = protocol,
                              .inside = inside,
                              .suggested_port = asked.external_port,
                              .suggested_address = suggested_address(asked),
                              .exactly = exactly,
                              .nonce = asked.nonce},
                             response.lifetime,
                             now);
  if (!granted) {
    response.lifetime = 0;
    return pcp_result(granted.refusal, exactly);
  }
  response.map->external = granted.endpoint.address;
  response.map->external_port = granted.endpoint.port;
  return PcpResult::success;
}

/// Section 15.1: what is not there has ended already. Of many, those that the nonce is good for.
PcpResult PortMappingServer::end(const PcpRequest& request, Time now) {
  const PcpMap& map = *request.map;
  for (const nat::Lease& lease : table_.leases_of(request.client, protocol_of(map), now)) {
    if (map.internal_port != 0 && lease.inside.port != map.internal_port) continue;
    if (may_change(lease, map))
      table_.end_lease(lease.protocol, lease.inside, now);
    else if (map.internal_port != 0)
      return PcpResult::not_authorized;
  }
  return PcpResult::success;
}

wire::Bytes PortMappingServer::announce_pcp(Time now, Buffer& out) const {
  if (!rules().pcp) return {};
  return wire::Bytes(out).first(wire::pcp::write_response(
      out, {.opcode = static_cast<std::uint8_t>(PcpOpcode::announce), .epoch = epoch(now)}));
}

} // namespace hermesh
