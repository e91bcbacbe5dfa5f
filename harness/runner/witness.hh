// SPDX-License-Identifier: MIT
#pragma once

#include "certify/virtual_hosts.hh"
#include "model/network.hh"
#include "runner/frame_hub.hh"

#include <optional>

namespace hermesh {

/// Virtual hosts on both sides of one gateway of a lab that is in use: what a flow of theirs looks
/// like from outside, now. They disturb nothing but by the few mappings that they make.
class Witness {
public:
  Witness(FrameHub& hub, const Network& network, const Gateway& gateway);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  /// A packet of the one flow that the witness keeps: its source as the server saw it; empty: it
  /// did not arrive.
  std::optional<Endpoint> out();
  /// A packet of a flow that there was not before.
  std::optional<Endpoint> fresh();
  /// The first packet of a TCP connection gets through.
  bool tcp();
  /// Asks for a port, by what the gateway speaks, and of the same host as the flow: the external
  /// endpoint that was granted; empty: none.
  std::optional<Endpoint> lease();
  /// A packet of that flow's server to `external` reaches the host inside.
  bool in(const Endpoint& external);

private:
  template <typename Ask>
  auto ask(Ask question);
  std::optional<Endpoint> send(std::uint16_t port);
  std::uint16_t unused_port();

  FrameHub* hub_;
  GatewayUnderTest gateway_;
  std::optional<VirtualHosts> hosts_{}; ///< touched in the loop's thread only
  FrameHub::Place place_{};
  std::uint16_t port_ = 0;
  std::uint16_t server_port_;
  std::uint16_t tcp_server_port_;
};

} // namespace hermesh
