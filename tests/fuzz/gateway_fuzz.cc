// SPDX-License-Identifier: MIT
//
// A whole fabric with two gateways: the input is a play of frames from three machines and of time
// that passes. Afterwards every frame that was sent must be accounted for and the lab must still
// work.
#include "fabric/fabric.hh"
#include "wire/frame.hh"

#include <array>
#include <cstdlib>
#include <vector>

namespace {

using namespace hermesh;

MacAddress mac(std::uint8_t last) {
  return {{0x52, 0x54, 0, 0, 0, last}};
}
Address ip(std::string_view text) {
  return *Address::parse(text);
}

Network network() {
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
                 .outside_mac = mac(0x10),
                 .inside_macs = {mac(0x11)}},
                {.spec = {.name = "home",
                          .role = "home",
                          .outside = {.segment = "carrier", .ipv4 = ip("10.64.0.10")},
                          .inside = {{.segment = "home",
                                      .ipv4 = ip("192.168.1.1"),
                                      .ipv6 = ip("2001:db8:a::1")}}},
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

/// Does a datagram from `in` still reach `out`? Ports that the play used are avoided.
bool still_works(Fabric& fabric, Time now, const bool& reached) {
  auto known = wire::make_arp_reply(mac(3), ip("80.100.0.100"), mac(0x10), ip("80.100.0.1"));
  const wire::FrameAddresses ends{.source_mac = mac(1),
                                  .destination_mac = mac(0x21),
                                  .source = {ip("192.168.1.10"), 61234},
                                  .destination = {ip("80.100.0.100"), 61235}};
  auto frame = wire::make_udp_frame(ends, {});
  fabric.receive(PortId{0}, frame, now);
  fabric.receive(PortId{2}, known, now);
  return reached;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bool reached = false;
  Fabric fabric(network(), {.deliver = [&](PortId port, std::span<const std::byte> frame) {
                  if (frame.size() > wire::ethernet_frame_limit) std::abort();
                  const auto summary = wire::summarise(frame);
                  if (port == PortId{2} && summary && summary->destination.port == 61235)
                    reached = true;
                }});
  Time now{0};
  std::uint64_t sent = 0;
  auto play = std::as_bytes(std::span(data, size));
  // Each step: a byte for the port and the time that passes, two for the length, the frame.
  while (play.size() >= 3) {
    const auto head = std::to_integer<std::uint8_t>(play[0]);
    const std::size_t length =
        std::min<std::size_t>(wire::load16(play.data() + 1) % 1600, play.size() - 3);
    std::vector<std::byte> frame(play.begin() + 3,
                                 play.begin() + 3 + static_cast<std::ptrdiff_t>(length));
    play = play.subspan(3 + length);
    now += std::chrono::milliseconds{(head >> 2) * 100};
    fabric.advance(now);
    fabric.receive(PortId{head % 3U}, frame, now);
    ++sent;
  }
  // What waits for neighbours and first fragments times out; pinned gateways never move.
  now += std::chrono::minutes{1};
  fabric.advance(now);
  if (!still_works(fabric, now, reached)) std::abort();
  // Every frame that was sent was switched, or dropped for a reason.
  std::uint64_t accounted = 0;
  for (const FlowRow& row : fabric.flows())
    accounted += row.frames;
  for (const LedgerRow& row : fabric.ledger())
    accounted += row.frames;
  if (accounted < sent) std::abort();
  return 0;
}
