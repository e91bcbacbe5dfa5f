// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fragments.hh"
#include "fabric/gateway_plan.hh"
#include "fabric/interface.hh"
#include "fabric/opened_flows.hh"
#include "fabric/port_mapping_service.hh"
#include "nat/table.hh"
#include "wire/icmp.hh"
#include "wire/rewrite.hh"

#include <deque>
#include <optional>

namespace hermesh {

class Core;

/// What a gateway does with IPv4 packets: route, translate by nat::Table, answer for itself. Drops
/// silently: a NAT that answers unsolicited packets breaks hole punching (RFC 5382 REQ-4).
class Ipv4Path {
public:
  Ipv4Path(Core& core, const GatewayPlan& plan, std::deque<Interface>& interfaces);

  /// A frame that carries IPv4 came to `side` (0: outside).
  void receive(std::uint32_t side, const Transit& transit);

  void set_behaviour(const nat::Behaviour& behaviour);
  void open(bool on);
  void clear_state();
  void restart_port_mapping() { port_mapping_.restart(); }
  void age(Duration by) { table_.age(by); }

  void hold(bool on) { port_mapping_.hold(on); }
  void reboot();
  std::size_t rebind(const Address& inside, std::optional<std::uint16_t> port);
  void change_address(const Address& outside);
  void fill(bool on) { table_.fill(on); }
  void block_udp(bool on) { udp_blocked_ = on; }

  /// Of the outside: how many consecutive addresses are the gateway's.
  unsigned external_addresses() const { return effective_.external_addresses; }

  Time due() const { return std::min({fragments_.due(), next_sweep_, port_mapping_.due()}); }
  void advance(Time now);

private:
  struct Packet {
    std::uint32_t side = 0;
    Transit transit{};
    wire::IpHeader ip{};
    wire::MutableBytes bytes{}; ///< of the IP packet, in the transit's frame

    bool from_outside() const { return side == 0; }
  };
  /// What the upper header says to a NAT.
  struct Upper {
    enum class Kind : std::uint8_t { session, icmp_error, malformed, unsupported };
    Kind kind = Kind::unsupported;
    nat::Protocol protocol{};
    Endpoint source{};
    Endpoint destination{};
    nat::TcpFlags flags = 0;
    bool echo_request = false;
  };
  struct Route {
    std::uint32_t side = 0;
    Address next_hop{};
  };

  static Upper read_upper(const Packet& packet);
  std::optional<Route> route(const Address& destination) const;
  bool is_own(const Address& address) const;
  bool is_reachable(const Address& from_outside) const;
  bool comes_from(std::uint32_t side, const Address& source) const;

  void from_inside(Packet& packet);
  void from_outside(Packet& packet);
  void to_self(Packet& packet);
  void turn_round(Packet& packet);
  void hairpin(Packet& packet, const Upper& upper);
  void hairpin_error(Packet& packet);
  void forward_hairpinned(Packet& packet, const nat::Hairpinned& ends);
  void outbound(Packet& packet, const Route& route);
  void outbound_session(Packet& packet, const Upper& upper);
  void inbound_session(Packet& packet, const Upper& upper);
  void cross_error(Packet& packet, const std::optional<Route>& out);
  void later_fragment(Packet& packet, wire::End end);
  void settle_fragments(const Packet& packet, const Fragments::Decision& decision);
  void translate_and_send(Packet& packet, wire::End end, const Endpoint& to);
  void forward(Packet& packet, const Route& route);
  void expect_sweep();
  void echo_reply(Packet& packet);

  nat::Translation translate_inbound(const Upper& upper);
  nat::Translation translate_outbound(const Upper& upper);
  nat::Translation open_inbound(const Upper& upper);
  void apply_behaviour();

  /// While it is open, what is sent to it is for a host behind it.
  bool stands_for_a_host() const {
    return open_ && effective_.translating != nat::Translating::none;
  }
  bool is_blocked(const Upper& upper) const {
    return udp_blocked_ && upper.protocol == nat::Protocol::udp;
  }
  bool ttl_is_left(const Packet& packet);
  bool fits_outside(const Packet& packet);
  void answer(const Packet& packet, const wire::IcmpHeader& error);
  void drop(const Packet& packet, DropReason reason);
  void refuse(const Packet& packet, DropReason reason);

  Core& core_;
  std::deque<Interface>& interfaces_;
  std::optional<Address> upstream_;
  std::optional<Address> inside_host_;
  std::vector<RouteBehind> routes_;
  std::vector<Prefix> lab_;
  Address external_;
  nat::Behaviour declared_;
  nat::Behaviour effective_; ///< the declared one, unless the gateway is open
  bool open_ = false;
  bool udp_blocked_ = false;
  nat::Table table_;
  OpenedFlows opened_;
  std::optional<Address> last_inside_host_{}; ///< the latest that sent something out
  Fragments fragments_;
  Time next_sweep_ = Time::max();
  PortMappingService port_mapping_;
};

} // namespace hermesh
