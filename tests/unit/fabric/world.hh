// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fabric.hh"
#include "model/network.hh"
#include "wire/frame.hh"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace hermesh::testing {

inline Address ip(std::string_view text) {
  return *Address::parse(text);
}
inline Endpoint at(std::string_view address, std::uint16_t port) {
  return {ip(address), port};
}
std::vector<std::byte> bytes_of(std::string_view text);
std::string text_of(wire::Bytes bytes);

/// A behind gw-a; B behind gw-b behind gw-c; R on the Internet. Both homes are 192.168.1.0/24.
///
///     a .10 -- [home-a] -- gw-a 80.100.0.1 --- [internet] --- r 80.100.0.100
///     b .10 -- [home-b] -- gw-b 10.64.0.10 -- [carrier] -- gw-c 80.100.0.2 -+
Network double_nat(const nat::Behaviour& behaviour = {});
/// x, y and z on one segment, 10.0.0.1 to .3; x with a profile.
Network neighbours(const Profile& profile = {});

/// A fabric whose every card is a host that answers ARP requests for its address and keeps what
/// else it gets.
class World {
public:
  struct Received {
    std::vector<std::byte> frame;
    wire::FrameSummary summary; ///< its data points into `frame`
    Time at{0};

    std::string text() const { return text_of(summary.data); }
  };
  struct Tapped {
    std::string segment;
    std::string port;
    DropReason drop = DropReason::none;
    Time at{0};
    std::vector<std::byte> frame{};
  };

  explicit World(Network network);

  Fabric& fabric() { return fabric_; }
  const Network& network() const { return network_; }
  Time now = Time{0};

  const Card& card(const std::string& machine) const;
  /// The MAC that a machine's packets to `destination` go to: a neighbour's, or its gateway's.
  MacAddress next_hop(const std::string& machine, const Address& destination) const;
  wire::FrameAddresses
  addresses(const std::string& machine, std::uint16_t port, const Endpoint& to) const;

  void send(const std::string& machine, std::vector<std::byte> frame);
  void
  udp(const std::string& machine, std::uint16_t port, const Endpoint& to, std::string_view data);
  void tcp(const std::string& machine, std::uint16_t port, const Endpoint& to, std::uint8_t flags);
  /// Time passes: everything that is due happens.
  void pass(Duration by);

  /// What came to the machine since the last call, ARP excepted.
  std::deque<Received> take(const std::string& machine);
  std::uint64_t dropped(const std::string& where, DropReason reason) const;
  std::uint64_t dropped_in_all() const;

  std::vector<Tapped> taps;
  bool answers_arp = true;
  bool answers_solicitations = false; ///< of IPv6 neighbours
  std::uint64_t delivered = 0;

private:
  void deliver(PortId port, wire::Bytes frame);
  bool answer_solicitation(PortId port, const Card& owner, wire::Bytes frame);

  const std::string& port_name(std::uint32_t segment, std::uint32_t port);

  Network network_;
  std::map<std::uint32_t, std::vector<std::string>> port_names_; ///< by segment, as far as seen
  std::map<std::string, std::deque<Received>> inboxes_;
  Fabric fabric_;
};

} // namespace hermesh::testing
