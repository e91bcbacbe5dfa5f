// SPDX-License-Identifier: MIT
//
// Every parser of a frame's layers, the judge's too, on bytes of any content.
#include "judge/frame.hh"
#include "wire/arp.hh"
#include "wire/dhcp.hh"
#include "wire/frame.hh"
#include "wire/icmp.hh"
#include "wire/neighbour.hh"
#include "wire/rewrite.hh"
#include "wire/transport.hh"

#include <cstdlib>
#include <vector>

namespace {

using namespace hermesh;

/// What was parsed must lie within what was given.
void require(bool holds) {
  if (!holds) std::abort();
}

void fuzz_ip(wire::Bytes bytes) {
  for (const auto& ip : {wire::parse_ipv4(bytes), wire::parse_ipv6(bytes)}) {
    if (!ip) continue;
    require(ip->header_size <= ip->total_size && ip->total_size <= bytes.size());
    const auto data = bytes.subspan(ip->header_size, ip->data_size());
    wire::transport_checksum_ok(data, ip->protocol, ip->source, ip->destination);
    wire::parse_neighbour(data);
    wire::parse_router_advertisement(data);
    if (ip->source.is_v6()) continue;
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    wire::rewrite_ipv4(copy, *ip, wire::End::source, {Address::v4(0x01020304), 5});
    require(wire::parse_ipv4(copy).has_value()); // its checksum is still right
  }
  if (const auto ip = wire::parse_embedded_ipv4(bytes)) {
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    wire::rewrite_ipv4(copy, *ip, wire::End::destination, {Address::v4(0x01020304), 5});
  }
  wire::parse_embedded_ipv6(bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto summary = wire::summarise(bytes))
    require(summary->data.empty() ||
            (summary->data.data() >= bytes.data() &&
             summary->data.data() + summary->data.size() <= bytes.data() + bytes.size()));
  if (const auto facts = read_frame(bytes))
    require(facts->source_mac == source_mac(bytes) && facts->length <= 0xffff);
  wire::parse_arp(bytes);
  wire::parse_udp(bytes);
  wire::parse_udp(bytes, true);
  wire::parse_tcp(bytes);
  wire::parse_icmp(bytes);
  fuzz_ip(bytes);
  if (bytes.size() > wire::ethernet_header_size) fuzz_ip(bytes.subspan(wire::ethernet_header_size));
  return 0;
}
