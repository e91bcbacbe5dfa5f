// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/gateway_plan.hh"
#include "wire/dhcp.hh"

#include <optional>
#include <vector>

namespace hermesh {

/// Hands out the addresses that the network assigned, by MAC (RFC 2131), and to cards that it does
/// not know (one that was re-plugged) free ones from the top of the prefix. Router: the gateway; no
/// DNS. Pure: a message in, at most one out.
class DhcpServer {
public:
  /// A guest that forges MAC addresses gets no more than so many.
  static constexpr std::size_t most_guests = 64;

  explicit DhcpServer(const GatewaySide& side) : side_(side) {}

  /// Empty: nothing to say.
  std::optional<wire::DhcpMessage> answer(const wire::DhcpMessage& message);

private:
  std::optional<Address> address_for(const MacAddress& mac);
  wire::DhcpMessage reply(const wire::DhcpMessage& to, wire::DhcpMessage::Type type) const;

  GatewaySide side_;
  std::vector<GatewaySide::Lease> guests_;
};

} // namespace hermesh
