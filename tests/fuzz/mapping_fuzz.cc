// SPDX-License-Identifier: MIT
//
// The port mapping server and both its parsers: whatever a host asks, what it is told can be read,
// and no lease is of somebody else's port. The first byte of each request is its length.
#include "fabric/port_mapping_server.hh"

#include <cstdlib>
#include <set>

namespace {

using namespace hermesh;

constexpr Address gateway = Address::v4(0x50640001);
constexpr Address first_host = Address::v4(0xC0A80102);

void check(bool holds) {
  if (!holds) std::abort();
}

/// As a client that is strict would read it.
void check_answer(wire::Bytes request, wire::Bytes answer) {
  if (answer.empty()) return;
  check(answer.size() <= wire::pcp::most_size);
  const bool by_pcp = wire::load8(answer.data()) == wire::pcp::version;
  check(by_pcp ? wire::pcp::parse_response(answer).has_value() && answer.size() % 4 == 0
               : wire::nat_pmp::parse_response(answer).has_value());
  check((wire::load8(request.data() + 1) & 0x80) == 0); // no answer to an answer
}

void check_leases(nat::Table& table, Time now) {
  std::set<std::pair<nat::Protocol, Endpoint>> external;
  std::size_t found = 0;
  for (std::uint32_t host = 0; host < 4; ++host)
    for (const auto& lease :
         table.leases_of(Address::v4(first_host.v4_value() + host), std::nullopt, now)) {
      ++found;
      check(external.insert({lease.protocol, lease.external}).second);
      check(table.inbound(lease.protocol, {Address::v4(0x50640A01), 9}, lease.external, now)
                .endpoint == lease.inside);
    }
  check(found == table.lease_count());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nat::Table table({.mapping = nat::Dependence::address_and_port_dependent,
                    .port_mapping = {.nat_pmp = true, .pcp = true}},
                   gateway,
                   1);
  PortMappingServer server(table);
  PortMappingServer::Buffer buffer;
  Time now{0};
  auto rest = std::as_bytes(std::span(data, size));
  while (rest.size() > 1) {
    const std::size_t length = std::min<std::size_t>(wire::load8(rest.data()), rest.size() - 1);
    const auto request = rest.subspan(1, length);
    const std::uint32_t host = static_cast<std::uint32_t>(length) % 4;
    const Endpoint client{Address::v4(first_host.v4_value() + host), 5350};
    check_answer(request, server.answer(client, request, now, buffer));
    rest = rest.subspan(1 + length);
    now += std::chrono::minutes{1};
  }
  check_leases(table, now);
  return 0;
}
