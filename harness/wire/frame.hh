// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"
#include "wire/ethernet.hh"
#include "wire/ip.hh"

#include <optional>
#include <vector>

namespace hermesh::wire {

/// What a whole frame is about, as far as it can be told without trusting it.
struct FrameSummary {
  std::uint16_t ether_type = 0;
  std::uint8_t protocol = 0; ///< of IP; 0 for other frames
  Endpoint source{}; ///< port 0 where there is none; both ports are an ICMP query's identifier
  Endpoint destination{};
  bool fragment = false; ///< an IP fragment: later ones have no ports
  Bytes data{};          ///< of UDP and TCP: the payload; of ICMP: the message; into the frame

  bool is_ip() const { return ether_type == ether_type::ipv4 || ether_type == ether_type::ipv6; }
};

/// Empty when the frame, its IP header or its transport header is malformed; a frame that is not IP
/// has only its type.
std::optional<FrameSummary> summarise(Bytes frame);

/// What a hand-made frame needs beside its payload.
struct FrameAddresses {
  MacAddress source_mac{};
  MacAddress destination_mac{};
  Endpoint source{};
  Endpoint destination{};
  std::uint8_t hop_limit = 64;
};

/// A whole UDP, TCP or ICMP echo frame, IPv4 or IPv6 by the addresses, checksums right. For virtual
/// hosts and tests: they allocate.
std::vector<std::byte> make_udp_frame(const FrameAddresses& addresses, Bytes payload);
std::vector<std::byte> make_tcp_frame(const FrameAddresses& addresses,
                                      std::uint8_t flags,
                                      std::uint32_t sequence = 0,
                                      Bytes payload = {});
/// `addresses.source.port` is the identifier.
std::vector<std::byte> make_echo_frame(const FrameAddresses& addresses,
                                       bool reply,
                                       std::uint16_t sequence,
                                       Bytes payload = {});
std::vector<std::byte>
make_arp_request(const MacAddress& sender_mac, const Address& sender, const Address& target);
/// The answer that makes `sender_mac` known as the owner of `sender`.
std::vector<std::byte> make_arp_reply(const MacAddress& sender_mac,
                                      const Address& sender,
                                      const MacAddress& target_mac,
                                      const Address& target);

} // namespace hermesh::wire
