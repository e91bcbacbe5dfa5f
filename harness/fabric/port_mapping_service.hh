// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/interface.hh"
#include "fabric/port_mapping_server.hh"

#include <deque>

namespace hermesh {

/// The port mapping server of a gateway on its insides: datagrams to port 5351 there, and the
/// announcements by which a gateway that restarted tells its hosts that leases are lost. The
/// outside is never answered (RFC 6886 section 3.3, RFC 6887 section 18).
class PortMappingService {
public:
  PortMappingService(Core& core, nat::Table& table, std::deque<Interface>& interfaces);

  /// A datagram to an address of the gateway: true when it was for the server, which has dealt with
  /// it.
  bool receive(std::uint32_t side, const Transit& transit, const wire::IpHeader& ip);

  /// The server knows nothing of before; where there is one it says so, unless it is held: then
  /// when that ends.
  void restart();
  /// Say nothing of its own accord.
  void hold(bool on) { held_ = on; }

  Time due() const { return held_ ? Time::max() : next_announcement_; }
  void advance(Time now);

private:
  static constexpr int most_announcements = 10; ///< RFC 6886 section 3.2.1

  bool is_offered() const { return table_.behaviour().port_mapping.is_offered(); }
  void announce(wire::Bytes message);
  void send(std::uint32_t side,
            const MacAddress& mac,
            const Address& from,
            const Endpoint& to,
            wire::Bytes message);

  Core& core_;
  nat::Table& table_;
  std::deque<Interface>& interfaces_;
  PortMappingServer server_;
  Time next_announcement_ = Time::max();
  Duration interval_{0};
  int announced_ = 0;
  bool held_ = false;
};

} // namespace hermesh
