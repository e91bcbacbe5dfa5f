// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fabric.hh"
#include "model/network.hh"
#include "punch/puncher.hh"
#include "punch/rendezvous.hh"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace hermesh {

/// What came of one attempt to punch.
struct PunchOutcome {
  bool a_reached = false; ///< A had an answer from B: packets pass both ways
  bool b_reached = false;

  bool direct() const { return a_reached || b_reached; }
  bool operator==(const PunchOutcome&) const = default;
};

/// The reference puncher without guests: two virtual hosts and a server in the places of three
/// machines, on a fabric of their own, in time that does not pass by itself. What a pair of NATs
/// does to it takes some 0.1 ms to find out.
class VirtualPunch {
public:
  /// `a`, `b`, `server`: machines of the network; their first cards count.
  VirtualPunch(const Network& network,
               const std::string& a,
               const std::string& b,
               const std::string& server);
  VirtualPunch(const VirtualPunch&) = delete;
  VirtualPunch& operator=(const VirtualPunch&) = delete;

  /// The gateways behave as in `network`, which is else the same.
  void adopt(const Network& network);

  /// One attempt through gateways that remember nothing, from fresh ports.
  PunchOutcome run();

  Fabric& fabric() { return fabric_; }
  Time now() const { return now_; }

private:
  struct Host {
    PortId port{};
    MacAddress mac{};
    Endpoint own{};
    std::string segment{};
    std::optional<Prefix> on_link{};
    std::optional<Address> router{};
    std::vector<Route> routes{}; ///< of one without a router: the ways in
  };

  Host host_of(const std::string& machine);
  void give_routes(Host& host) const;
  void deliver(PortId port, std::span<const std::byte> frame);
  void take(std::size_t host, const Endpoint& from, const punch::Message& message);
  void send(std::size_t host, const punch::Datagram& datagram);
  std::optional<MacAddress> owner_of(const Host& host, const Address& address) const;

  Network network_;
  Fabric fabric_;
  std::array<Host, 3> hosts_; ///< A, B, the server
  std::array<std::optional<punch::Puncher>, 2> punchers_{};
  punch::Rendezvous rendezvous_{};
  std::uint64_t session_ = 0;
  Time now_{0};
};

} // namespace hermesh
