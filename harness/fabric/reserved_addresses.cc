// SPDX-License-Identifier: MIT
#include "fabric/reserved_addresses.hh"

#include <algorithm>

namespace hermesh {
namespace {

struct Ipv4Block {
  std::uint32_t address;
  unsigned length;
};

constexpr std::array<Ipv4Block, 8> local_blocks{{
    {0x00000000, 8},  // this network
    {0x0a000000, 8},  // private (RFC 1918)
    {0x64400000, 10}, // shared by carriers (RFC 6598)
    {0x7f000000, 8},  // loopback
    {0xa9fe0000, 16}, // link-local (RFC 3927)
    {0xac100000, 12}, // private
    {0xc0a80000, 16}, // private
    {0xe0000000, 3},  // multicast, reserved, broadcast
}};

} // namespace

bool is_globally_routable(const Address& address) {
  if (address.is_v6()) return address.bytes()[0] >> 5 == 1; // 2000::/3 (RFC 4291 section 2.4)
  const std::uint32_t value = address.v4_value();
  return std::ranges::none_of(local_blocks, [value](const Ipv4Block& block) {
    return (value ^ block.address) >> (32 - block.length) == 0;
  });
}

} // namespace hermesh
