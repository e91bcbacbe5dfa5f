// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hermesh {

/// Why a frame went no further. Every frame that the fabric does not deliver has exactly one.
enum class DropReason : std::uint8_t {
  none,
  malformed,       ///< truncated, bad checksum, bad length
  forged_source,   ///< from the MAC address of another card or gateway
  no_port_room,    ///< the guest did not drain its port in time
  link_loss,       ///< the profile's loss
  link_full,       ///< the profile's rate and its queue
  cut,             ///< an intervention of the harness
  not_for_gateway, ///< reached a gateway that is not its next hop
  ttl_expired,
  no_route,    ///< a destination that nothing in the lab owns
  outside_lab, ///< a globally routable destination that no segment holds: the hermeticity check
  neighbour_unresolved, ///< nobody answered ARP or neighbour discovery
  nat_no_mapping,       ///< inbound, and no mapping has that port
  nat_filtered,         ///< inbound, a mapping exists, the filter refuses the remote
  nat_ports_exhausted,
  out_policy,
  too_big,     ///< larger than the next link's MTU with "do not fragment" set
  unsupported, ///< a protocol that the gateway does not translate
  fragment_timeout,
  fragment_overlap, ///< of a datagram whose pieces overlap (RFC 1858, RFC 5722)
  count_
};

std::string to_string(DropReason reason); ///< "no-port-room", ...

struct LedgerRow {
  std::string where; ///< a port ("a.eth0") or a gateway ("gw-a")
  DropReason reason = DropReason::none;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;

  bool operator==(const LedgerRow&) const = default;
};

/// What crossed a port, by flow; bounded in number, the rest is summed under "other".
struct FlowRow {
  std::string port;     ///< the card or gateway port that the frames came in by
  std::string protocol; ///< "udp", "tcp", "icmp", "other"
  std::string source;   ///< endpoint, or address
  std::string destination;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0; ///< of whole Ethernet frames

  bool operator==(const FlowRow&) const = default;
};

} // namespace hermesh
