// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// One Ethernet segment: a learning switch of the fabric.
struct SegmentSpec {
  std::string name;
  std::optional<Prefix> ipv4{};
  std::optional<Prefix> ipv6{};
  bool dhcp = false; ///< its gateway hands out addresses (RFC 2131); else the harness pushes them
  bool may_overlap =
      false; ///< its prefix may equal another segment's (two homes on 192.168.1.0/24)

  bool operator==(const SegmentSpec&) const = default;
};

/// Where a gateway or a card touches a segment. Addresses that the file leaves out are assigned
/// when the topology is read, so they are never empty where the segment has a prefix of that
/// family.
struct Attachment {
  std::string segment;
  std::optional<Address> ipv4{};
  std::optional<Address> ipv6{};

  bool operator==(const Attachment&) const = default;
};

/// A router with a NAT or firewall: one outside, one or more insides. What it does to packets comes
/// from the scenario, by `role`.
struct GatewaySpec {
  std::string name;
  std::string role; ///< "home", "carrier", ...: what a scenario binds to
  Attachment outside;
  std::vector<Attachment> inside;

  bool operator==(const GatewaySpec&) const = default;
};

struct MachineSpec {
  std::string name;
  std::string role;              ///< "peer" or "relay": which templates of a VPN it gets
  std::vector<Attachment> cards; ///< eth0, eth1, ...
  unsigned memory_mib = 192;

  bool operator==(const MachineSpec&) const = default;
};

/// Who is where: vm-topologies/*.json, checked and with every address filled in. The trial's pair
/// is the first two machines of role "peer", A and B.
struct Topology {
  std::string name;
  std::string description{};
  std::string stands_for{}; ///< the real-world case, one sentence; every shipped file has it
  std::vector<SegmentSpec> segments;
  std::vector<GatewaySpec> gateways{};
  std::vector<MachineSpec> machines;

  bool operator==(const Topology&) const = default;
};

} // namespace hermesh
