// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fabric.hh"
#include "wire/frame.hh"

#include <string_view>

namespace hermesh::testing {

inline MacAddress mac(std::uint8_t last) {
  return {{0x52, 0x54, 0, 0, 0, last}};
}
inline Address ip(std::string_view text) {
  return *Address::parse(text);
}

/// in -- [home] -- home -- [carrier] -- carrier -- [internet] -- out, and mid on the carrier's
/// segment; ports 0, 1 and 2 are in, mid and out.
inline Network two_gateways(const nat::Behaviour& behaviour = {}) {
  Network n{.segments = {{.name = "internet",
                          .ipv4 = Prefix::parse("80.100.0.0/16"),
                          .ipv6 = Prefix::parse("2001:db8:1::/64")},
                         {.name = "carrier", .ipv4 = Prefix::parse("10.64.0.0/16")},
                         {.name = "home",
                          .ipv4 = Prefix::parse("192.168.1.0/24"),
                          .ipv6 = Prefix::parse("2001:db8:a::/64"),
                          .dhcp = true}},
            .cards = {},
            .seed = 1};
  n.gateways = {{.spec = {.name = "carrier",
                          .role = "carrier",
                          .outside = {.segment = "internet",
                                      .ipv4 = ip("80.100.0.1"),
                                      .ipv6 = ip("2001:db8:1::1")},
                          .inside = {{.segment = "carrier", .ipv4 = ip("10.64.0.1")}}},
                 .behaviour = behaviour,
                 .outside_mac = mac(0x10),
                 .inside_macs = {mac(0x11)}},
                {.spec = {.name = "home",
                          .role = "home",
                          .outside = {.segment = "carrier", .ipv4 = ip("10.64.0.10")},
                          .inside = {{.segment = "home",
                                      .ipv4 = ip("192.168.1.1"),
                                      .ipv6 = ip("2001:db8:a::1")}}},
                 .behaviour = behaviour,
                 .outside_mac = mac(0x20),
                 .inside_macs = {mac(0x21)}}};
  n.cards = {{.machine = "in",
              .name = "eth0",
              .attachment = {.segment = "home", .ipv4 = ip("192.168.1.10")},
              .mac = mac(1)},
             {.machine = "mid",
              .name = "eth0",
              .attachment = {.segment = "carrier", .ipv4 = ip("10.64.0.20")},
              .mac = mac(2)},
             {.machine = "out",
              .name = "eth0",
              .attachment = {.segment = "internet", .ipv4 = ip("80.100.0.100")},
              .mac = mac(3)}};
  return n;
}

/// What was switched, and what was dropped for a reason: all that was sent, and what gateways made
/// of it.
inline std::uint64_t accounted_for(const Fabric& fabric) {
  std::uint64_t frames = 0;
  for (const FlowRow& row : fabric.flows())
    frames += row.frames;
  for (const LedgerRow& row : fabric.ledger())
    frames += row.frames;
  return frames;
}

} // namespace hermesh::testing
