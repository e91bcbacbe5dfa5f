// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "certify/certify.hh"
#include "wire/frame.hh"
#include "wire/transport.hh"

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
enum class Carrier : std::uint8_t { udp, tcp, icmp };

/// Two hosts inside a gateway and three outside, for as long as the object lives: they answer ARP
/// or neighbour solicitations, send single packets and say what arrived. No IP stack, no timers:
/// all of it happens within one call.
class VirtualHosts {
public:
  VirtualHosts(Fabric& fabric, const GatewayUnderTest& gateway, std::uint64_t seed, Time now);
  ~VirtualHosts();
  VirtualHosts(const VirtualHosts&) = delete;
  VirtualHosts& operator=(const VirtualHosts&) = delete;

  /// Whose packet it is. `port` is the identifier of an ICMP query; `flags` of a TCP segment.
  struct Sender {
    VirtualHost host;
    std::uint16_t port = 0;
    Carrier carrier = Carrier::udp;
    std::uint8_t flags = wire::tcp_flag::syn;
    std::optional<Address> address{}; ///< in place of the host's own: a neighbour of its
  };
  struct Arrival {
    VirtualHost host;
    Endpoint source;
    Endpoint destination;
    bool operator==(const Arrival&) const = default;
  };
  /// One packet through the gateway: its addresses as it reached a host; empty when it did not.
  std::optional<Arrival> send(const Sender& from, const Endpoint& to);
  /// From a host inside to a server: the source that the server saw.
  std::optional<Endpoint>
  send_out(const Sender& from, VirtualHost server, std::uint16_t server_port);

  struct Received {
    VirtualHost host;
    std::vector<std::byte> frame;
  };
  /// A frame as it is; what hosts were sent meanwhile, ARP apart.
  std::vector<Received> exchange(VirtualHost from, std::vector<std::byte> frame);
  /// A datagram to the gateway itself, on the host's side of it: what the gateway answers from the
  /// port that was asked; empty: nothing.
  std::vector<std::byte>
  ask_gateway(const Sender& from, std::uint16_t port, std::span<const std::byte> question);
  /// The gateway's address on its outside.
  Address outside_address() const { return gateway_.outside_address; }

  /// For a frame from that host through the gateway.
  wire::FrameAddresses
  addresses(VirtualHost from, const Endpoint& source, const Endpoint& destination) const;

  Address address(VirtualHost host) const { return at(host).address; }
  Endpoint endpoint(VirtualHost host, std::uint16_t port) const { return {address(host), port}; }
  /// Both hosts inside, and up to so many addresses beside them that nobody has.
  std::vector<Address> inside_addresses(std::size_t most) const;
  /// A source port that no probe used, nor one beside it: adjacent ones make "preserve" look
  /// sequential.
  std::uint16_t fresh_port();

  void age(Duration by); ///< the gateway's entries are idle for so long
  void forget();         ///< the gateway's state is as after a reboot: a probe's own field

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
  std::optional<Arrival> arrival(const Received& received, std::span<const std::byte> tag) const;
  bool answer_arp(const Frame& frame);
  bool answer_neighbour(const Frame& frame);
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
