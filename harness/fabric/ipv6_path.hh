// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fragments.hh"
#include "fabric/gateway_plan.hh"
#include "fabric/interface.hh"
#include "fabric/stateful_filter.hh"
#include "wire/icmp.hh"

#include <deque>
#include <optional>

namespace hermesh {

class Core;

/// What a gateway does with IPv6 packets: route them unchanged through a stateful filter (RFC
/// 6092).
class Ipv6Path {
public:
  Ipv6Path(Core& core, const GatewayPlan& plan, std::deque<Interface>& interfaces);

  void receive(std::uint32_t side, const Transit& transit);

  void set_behaviour(const nat::Behaviour& behaviour);
  void open(bool on) { open_ = on; }
  void clear_state();
  void age(Duration by) { filter_.age(by); }
  void fill(bool on) { filter_.fill(on); }
  void block_udp(bool on) { udp_blocked_ = on; }

  Time due() const { return fragments_.due(); }
  void advance(Time now);

private:
  struct Packet {
    std::uint32_t side = 0;
    Transit transit{};
    wire::IpHeader ip{};
    wire::MutableBytes bytes{};
  };
  struct Route {
    std::uint32_t side = 0;
    Address next_hop{};
  };
  struct Ends {
    std::uint8_t protocol = 0;
    Endpoint source{};
    Endpoint destination{};
    nat::TcpFlags flags = 0;
  };

  std::optional<Route> route(const Address& destination) const;
  bool is_own(const Packet& packet) const;
  static std::optional<Ends> ends_of(wire::Bytes packet, const wire::IpHeader& ip, bool partial);

  void to_self(Packet& packet);
  void forward(Packet& packet, const Route& way);
  bool may_cross(const Packet& packet);
  void answer(const Packet& packet, const wire::IcmpHeader& error);
  bool lets_all_through() const { return open_ || behaviour_.ipv6 == nat::Ipv6::open; }
  std::optional<DropReason> check(const Packet& packet, const Route& way);
  bool passes(const Ends& ends, bool inbound) const;
  DropReason check_error(const Packet& packet, bool inbound);
  void settle_fragments(const Packet& packet, DropReason reason);
  void drop(const Packet& packet, DropReason reason);

  Core& core_;
  std::deque<Interface>& interfaces_;
  std::vector<RouteBehind> routes_;
  std::optional<Address> upstream_;
  std::vector<Prefix> lab_;
  nat::Behaviour behaviour_;
  bool open_ = false;
  bool udp_blocked_ = false;
  StatefulFilter filter_;
  Fragments fragments_;
};

} // namespace hermesh
