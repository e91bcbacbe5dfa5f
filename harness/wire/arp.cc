// SPDX-License-Identifier: MIT
#include "wire/arp.hh"

#include "wire/ethernet.hh"

namespace hermesh::wire {
namespace {

constexpr std::uint16_t hardware_ethernet = 1;
constexpr std::uint16_t sizes_ethernet_ipv4 = 0x0604; // 6-byte hardware, 4-byte protocol addresses

} // namespace

std::optional<ArpPacket> parse_arp(Bytes payload) {
  if (payload.size() < arp_packet_size) return std::nullopt;
  const std::byte* p = payload.data();
  if (load16(p) != hardware_ethernet || load16(p + 2) != ether_type::ipv4 ||
      load16(p + 4) != sizes_ethernet_ipv4)
    return std::nullopt;
  const std::uint16_t operation = load16(p + 6);
  if (operation != 1 && operation != 2) return std::nullopt;
  return ArpPacket{.operation = ArpPacket::Operation{operation},
                   .sender_mac = load_mac(p + 8),
                   .sender = load_ipv4(p + 14),
                   .target_mac = load_mac(p + 18),
                   .target = load_ipv4(p + 24)};
}

void write_arp(MutableBytes out, const ArpPacket& packet) {
  std::byte* p = out.data();
  store16(p, hardware_ethernet);
  store16(p + 2, ether_type::ipv4);
  store16(p + 4, sizes_ethernet_ipv4);
  store16(p + 6, static_cast<std::uint16_t>(packet.operation));
  store_mac(p + 8, packet.sender_mac);
  store_ipv4(p + 14, packet.sender);
  store_mac(p + 18, packet.target_mac);
  store_ipv4(p + 24, packet.target);
}

} // namespace hermesh::wire
