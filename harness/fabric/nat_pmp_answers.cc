// SPDX-License-Identifier: MIT
//
// PortMappingServer: NAT-PMP (RFC 6886).
#include "fabric/port_mapping_server.hh"

namespace hermesh {
namespace {

using PmpOpcode = wire::nat_pmp::Opcode;
using PmpRequest = wire::nat_pmp::Request;
using PmpResponse = wire::nat_pmp::Response;
using PmpResult = wire::nat_pmp::Result;

/// A message that is refused as such has no more than this (section 3.5).
constexpr std::size_t refusal_size = 8;

PmpResult pmp_result(nat::Refusing refusing) {
  switch (refusing) {
  case nat::Refusing::no: return PmpResult::success;
  case nat::Refusing::not_authorized: return PmpResult::not_authorized;
  case nat::Refusing::no_resources: return PmpResult::out_of_resources;
  case nat::Refusing::network_failure: return PmpResult::network_failure;
  }
  return PmpResult::success;
}

nat::Protocol protocol_of(const PmpRequest& request) {
  return request.opcode == static_cast<std::uint8_t>(PmpOpcode::map_udp) ? nat::Protocol::udp
                                                                         : nat::Protocol::tcp;
}

bool has_nonce(const nat::Lease& lease) {
  return lease.nonce != nat::LeaseNonce{};
}

} // namespace

wire::Bytes
PortMappingServer::nat_pmp(const Endpoint& client, wire::Bytes data, Time now, Buffer& out) {
  if (data.size() < 2 || (wire::load8(data.data() + 1) & 0x80) != 0) return {};
  PmpResponse response{.opcode = wire::load8(data.data() + 1), .epoch = epoch(now)};
  const auto refuse = [&](PmpResult why) {
    response.result = why;
    wire::nat_pmp::write_response(out, response);
    return wire::Bytes(out).first(refusal_size);
  };
  if (wire::load8(data.data()) != wire::nat_pmp::version)
    return refuse(PmpResult::unsupported_version);
  const auto request = wire::nat_pmp::parse_request(data);
  if (!request) return {}; // truncated: whoever sent it has no use for an answer
  if (response.opcode > static_cast<std::uint8_t>(PmpOpcode::map_tcp))
    return refuse(PmpResult::unsupported_opcode);
  response.internal_port = request->internal_port;
  const bool has_address =
      has_external_address() && rules().refuses != nat::Refusing::network_failure;
  if (!has_address)
    response.result = PmpResult::network_failure;
  else if (!request->is_map())
    response.external = table_.external_of(client.address);
  else
    response.result =
        request->lifetime == 0 ? end(client, *request, now) : map(client, *request, now, response);
  return wire::Bytes(out).first(wire::nat_pmp::write_response(out, response));
}

PmpResult PortMappingServer::map(const Endpoint& client,
                                 const PmpRequest& request,
                                 Time now,
                                 PmpResponse& response) {
  if (const PmpResult refused = pmp_result(rules().refuses); refused != PmpResult::success)
    return refused;
  const nat::Protocol protocol = protocol_of(request);
  const Endpoint inside{.address = client.address, .port = request.internal_port};
  if (inside.port == 0) return PmpResult::not_authorized; // there is no such port to map
  const nat::Lease* known = table_.find_lease(protocol, inside, now);
  if (known != nullptr && has_nonce(*known)) return PmpResult::not_authorized;
  std::uint32_t seconds = request.lifetime;
  const auto granted =
      lease({.protocol = protocol, .inside = inside, .suggested_port = request.suggested_port},
            seconds,
            now);
  if (!granted) return PmpResult::out_of_resources;
  response.external_port = granted.endpoint.port;
  response.lifetime = seconds;
  return PmpResult::success;
}

/// One mapping, or all of the host and protocol (section 3.4). What PCP granted needs its nonce.
PmpResult PortMappingServer::end(const Endpoint& client, const PmpRequest& request, Time now) {
  const nat::Protocol protocol = protocol_of(request);
  for (const nat::Lease& lease : table_.leases_of(client.address, protocol, now)) {
    if (request.internal_port != 0 && lease.inside.port != request.internal_port) continue;
    if (!has_nonce(lease))
      table_.end_lease(protocol, lease.inside, now);
    else if (request.internal_port != 0)
      return PmpResult::not_authorized;
  }
  return PmpResult::success;
}

/// The answer to a question for the external address that nobody asked (section 3.2.1).
wire::Bytes PortMappingServer::announce_nat_pmp(Time now, Buffer& out) const {
  if (!rules().nat_pmp) return {};
  const bool has_address =
      has_external_address() && rules().refuses != nat::Refusing::network_failure;
  PmpResponse response{.epoch = epoch(now)};
  if (has_address)
    response.external = table_.external();
  else
    response.result = PmpResult::network_failure;
  return wire::Bytes(out).first(wire::nat_pmp::write_response(out, response));
}

} // namespace hermesh
