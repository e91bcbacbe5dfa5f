// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/drop_counters.hh"
#include "fabric/gateway_plan.hh"
#include "fabric/neighbours.hh"
#include "fabric/segment.hh"
#include "wire/arp.hh"
#include "wire/ip.hh"
#include "wire/neighbour.hh"

namespace hermesh {

class Core;

/// One side of a gateway as a station on its segment: it answers for its addresses, finds its
/// neighbours, announces itself as a router (RFC 4861), and sends. It does not route.
class Interface {
public:
  Interface(Core& core, const GatewaySide& side, DropCounters::Place place, bool announces);

  const GatewaySide& side() const { return side_; }
  const Address& link_local() const { return link_local_; }
  /// `address` and those after it, as many as `own_ipv4` said.
  bool owns_ipv4(const Address& address) const {
    return side_.ipv4 && address.is_v4() &&
           address.v4_value() - side_.ipv4->v4_value() < ipv4_addresses_;
  }
  bool owns_ipv6(const Address& address) const {
    return address == link_local_ || side_.ipv6 == address;
  }
  void change_ipv4(const Address& address) { side_.ipv4 = address; }
  void own_ipv4(unsigned addresses) { ipv4_addresses_ = addresses; } ///< consecutive ones
  bool on_link(const Address& address) const {
    if (!address.is_v4()) return side_.ipv6_prefix && side_.ipv6_prefix->contains(address);
    return has_ipv4_ && ((address.v4_value() ^ ipv4_network_) & ipv4_mask_) == 0;
  }
  bool is_broadcast(const Address& ipv4) const {
    return has_ipv4_ && ipv4.v4_value() == (ipv4_network_ | ~ipv4_mask_);
  }

  /// The packet after the frame's Ethernet header goes to `next_hop`, now or when that one answers.
  void send(const Address& next_hop, wire::MutableBytes frame);
  void send_to(const MacAddress& to, wire::MutableBytes frame);
  /// A frame that came to this side goes no further.
  void drop(const Transit& transit, DropReason reason);

  void receive_arp(const Transit& transit);
  /// An ICMPv6 message of neighbour discovery; false when it is something else.
  bool receive_neighbour_discovery(const Transit& transit,
                                   const wire::IpHeader& ip,
                                   wire::Bytes message);

  void forget_neighbours();

  Time due() const { return std::min(neighbours_.due(), next_announcement_); }
  void advance(Time now);

private:
  void give_up(wire::MutableBytes frame);
  void learn(const Address& address, const MacAddress& mac, bool create);
  void ask(const Address& address);
  void ask_ipv4(const Address& address);
  void ask_ipv6(const Address& address);
  void answer_solicitation(const Transit& transit,
                           const wire::IpHeader& ip,
                           const wire::NeighbourMessage& question);
  void announce(const Address& to, const MacAddress& to_mac);
  Transit outgoing(wire::MutableBytes frame) const {
    return {.segment = side_.place.segment, .source = side_.place.port, .frame = frame};
  }

  Core& core_;
  GatewaySide side_;
  DropCounters::Place place_;
  Address link_local_;
  // The IPv4 prefix once more, as numbers: it is asked several times per packet.
  bool has_ipv4_ = false;
  std::uint32_t ipv4_network_ = 0;
  std::uint32_t ipv4_mask_ = 0;
  unsigned ipv4_addresses_ = 1;
  Neighbours neighbours_;
  Time next_announcement_ = Time::max();
};

} // namespace hermesh
