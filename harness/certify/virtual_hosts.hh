// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "certify/certify.hh"

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

namespace hermesh {

enum class VirtualHost : std::uint8_t {
  inside_one,
  inside_two,
  server_one,
  server_two,
  server_three
};
inline constexpr std::size_t virtual_host_count = 5;
enum class Carrier : std::uint8_t { udp, tcp_syn };

/// Two hosts inside a gateway and three outside, for as long as the object lives: they answer ARP,
/// send single packets and say what arrived. No IP stack, no timers: all of it happens within one
/// call.
class VirtualHosts {
public:
  VirtualHosts(Fabric& fabric, const GatewayUnderTest& gateway, std::uint64_t seed, Time now);
  ~VirtualHosts();
  VirtualHosts(const VirtualHosts&) = delete;
  VirtualHosts& operator=(const VirtualHosts&) = delete;

  /// One packet from a host inside to a server: the source that the server saw; empty when it did
  /// not arrive.
  std::optional<Endpoint> send_out(VirtualHost from,
                                   std::uint16_t port,
                                   VirtualHost server,
                                   std::uint16_t server_port,
                                   Carrier carrier = Carrier::udp);

  struct Arrival {
    Endpoint source;
    Endpoint destination;
    bool operator==(const Arrival&) const = default;
  };
  /// One datagram from a server to an external endpoint: its addresses as it reached a host inside.
  std::optional<Arrival>
  send_in(VirtualHost server, std::uint16_t server_port, const Endpoint& external);

  Address address(VirtualHost host) const { return at(host).address; }
  /// A source port that no probe used, nor one beside it: adjacent ones make "preserve" look
  /// sequential.
  std::uint16_t fresh_port();

  void sink(PortId port, std::span<const std::byte> frame);

private:
  struct Host {
    Address address;
    MacAddress mac;
    PortId port{};
    bool attached = false;
  };
  struct Frame {
    std::size_t host;
    std::vector<std::byte> bytes;
  };

  void attach_all();
  void detach_all();
  std::optional<Arrival>
  send(VirtualHost from, std::uint16_t port, const Endpoint& to, Carrier carrier);
  std::optional<Arrival> take_arrival(const Frame& frame, std::span<const std::byte> tag) const;
  void answer_arp(const Frame& frame);
  const Host& at(VirtualHost host) const { return hosts_.at(static_cast<std::size_t>(host)); }
  static bool is_inside(VirtualHost host) { return host <= VirtualHost::inside_two; }

  Fabric& fabric_;
  const GatewayUnderTest& gateway_;
  Random random_;
  Time now_;
  std::vector<Host> hosts_; ///< by VirtualHost
  std::deque<Frame> inbox_;
  std::set<std::uint16_t> used_ports_;
  std::uint64_t sent_ = 0;
};

} // namespace hermesh
