// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/dhcp_server.hh"
#include "fabric/ipv4_path.hh"
#include "fabric/ipv6_path.hh"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// A gateway at work: takes the frames that reach it, by its MAC addresses or as one of a group, to
/// whoever handles them.
class GatewayEngine {
public:
  GatewayEngine(Core& core, const GatewayPlan& plan, DropCounters::Place place);
  GatewayEngine(const GatewayEngine&) = delete;
  GatewayEngine& operator=(const GatewayEngine&) = delete;

  const std::string& name() const { return name_; }
  const MacAddress& mac(std::uint32_t side) const { return interfaces_[side].side().mac; }
  DropCounters::Place place() const { return place_; }

  void receive(std::uint32_t side, const Transit& transit);

  Time due() const;
  void advance();

  void set_behaviour(const nat::Behaviour& behaviour);
  void open(bool on);
  void clear_state();
  void restart_port_mapping() { ipv4_.restart_port_mapping(); }
  void age(Duration by);

  /// Events; see Fabric.
  void hold(bool on);
  void reboot();
  std::size_t rebind(const Address& inside, std::optional<std::uint16_t> port);
  void change_address(const Address& outside);
  void fill(bool on);
  void block_udp(bool on);

private:
  bool receive_dhcp(std::uint32_t side, const Transit& transit);
  void send_dhcp(std::uint32_t side, const wire::DhcpMessage& message);

  Core& core_;
  std::string name_;
  DropCounters::Place place_;
  std::deque<Interface> interfaces_;            ///< 0 is the outside
  std::vector<std::optional<DhcpServer>> dhcp_; ///< by side
  Ipv4Path ipv4_;
  Ipv6Path ipv6_;
  bool held_ = false;
};

} // namespace hermesh
