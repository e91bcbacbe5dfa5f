// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"
#include "wire/nat_pmp.hh"
#include "wire/pcp.hh"

#include <array>
#include <cstdint>

namespace hermesh {

/// Grants the external ports of a table to hosts that ask by NAT-PMP (RFC 6886) or by the Port
/// Control Protocol (RFC 6887), as nat::PortMapping of the table's behaviour has it: a message in,
/// at most one out. It serves MAP and ANNOUNCE with PREFER_FAILURE, and no third parties. Pure;
/// what it remembers is in the table, but for the moment from which its epoch counts.
class PortMappingServer {
public:
  using Buffer = std::array<std::byte, wire::pcp::most_size>;

  explicit PortMappingServer(nat::Table& table) : table_(table) {}

  /// To a datagram from `client`, whose address the gateway believes. Empty: nothing to say.
  wire::Bytes answer(const Endpoint& client, wire::Bytes request, Time now, Buffer& out);
  /// What says to all that leases are lost, by NAT-PMP and by PCP (RFC 6886 section 3.2.1, RFC 6887
  /// section 14.1). Empty when the protocol is not offered.
  wire::Bytes announce_nat_pmp(Time now, Buffer& out) const;
  wire::Bytes announce_pcp(Time now, Buffer& out) const;

  /// The leases are gone, and the epoch is 0 again.
  void restart(Time now);

private:
  const nat::PortMapping& rules() const { return table_.behaviour().port_mapping; }
  bool has_external_address() const { return !table_.external().is_unspecified(); }
  std::uint32_t epoch(Time now) const;
  nat::Translation lease(nat::Table::LeaseRequest request, std::uint32_t& seconds, Time now);

  wire::Bytes nat_pmp(const Endpoint& client, wire::Bytes request, Time now, Buffer& out);
  wire::nat_pmp::Result map(const Endpoint& client,
                            const wire::nat_pmp::Request& request,
                            Time now,
                            wire::nat_pmp::Response& response);
  wire::nat_pmp::Result
  end(const Endpoint& client, const wire::nat_pmp::Request& request, Time now);

  wire::Bytes pcp(const Endpoint& client, wire::Bytes request, Time now, Buffer& out);
  wire::pcp::Result map(const wire::pcp::Request& request, Time now, wire::pcp::Response& response);
  wire::pcp::Result end(const wire::pcp::Request& request, Time now);

  nat::Table& table_;
  Time started_{0};
};

} // namespace hermesh
