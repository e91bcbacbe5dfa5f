// SPDX-License-Identifier: MIT
#include "wire/rewrite.hh"

#include "wire/checksum.hh"

namespace hermesh::wire {
namespace {

/// Where a protocol keeps what a NAT changes, from the start of the upper header.
struct Layout {
  std::size_t port = 0;
  std::size_t checksum = 0;
  bool covers_addresses = true; ///< by a pseudo header
};

Layout layout_of(std::uint8_t protocol, End end) {
  const std::size_t port = end == End::source ? 0 : 2;
  if (protocol == ip_protocol::udp) return {.port = port, .checksum = 6};
  if (protocol == ip_protocol::tcp) return {.port = port, .checksum = 16};
  return {.port = 4, .checksum = 2, .covers_addresses = false};
}

std::byte* address_at(MutableBytes packet, End end) {
  return packet.data() + (end == End::source ? 12 : 16);
}

} // namespace

void rewrite_ipv4_address(MutableBytes packet, End end, const Address& to) {
  std::byte* address = address_at(packet, end);
  const std::uint64_t before = sum_of_ipv4(load32(address));
  store_ipv4(address, to);
  std::byte* checksum = packet.data() + 10;
  store16(checksum, adjusted(load16(checksum), before, sum_of_ipv4(load32(address))));
}

void rewrite_ipv4(MutableBytes packet, const IpHeader& ip, End end, const Endpoint& to) {
  const std::uint64_t address_before = sum_of_ipv4(load32(address_at(packet, end)));
  rewrite_ipv4_address(packet, end, to.address);
  if (!ip.has_upper_header()) return;
  const std::uint64_t address_after = sum_of_ipv4(load32(address_at(packet, end)));

  const Layout layout = layout_of(ip.protocol, end);
  const MutableBytes data = packet.subspan(ip.header_size);
  if (layout.port + 2 > data.size()) return;
  std::byte* port = data.data() + layout.port;
  const std::uint16_t port_before = load16(port);
  store16(port, to.port);

  if (layout.checksum + 2 > data.size()) return;
  std::byte* checksum = data.data() + layout.checksum;
  const bool is_udp = ip.protocol == ip_protocol::udp;
  if (is_udp && load16(checksum) == 0) return;
  const std::uint64_t before = port_before + (layout.covers_addresses ? address_before : 0);
  const std::uint64_t after = to.port + (layout.covers_addresses ? address_after : 0);
  const std::uint16_t fresh = adjusted(load16(checksum), before, after);
  store16(checksum, is_udp ? udp_checksum_field(fresh) : fresh);
}

} // namespace hermesh::wire
