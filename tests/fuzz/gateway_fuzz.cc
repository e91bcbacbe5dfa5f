// SPDX-License-Identifier: MIT
//
// A whole fabric with two gateways: the input is a play of frames from three machines and of time
// that passes. Afterwards every frame that was sent must be accounted for and the lab must still
// work.
#include "fuzz/two_gateways.hh"

#include <array>
#include <cstdlib>
#include <vector>

namespace {

using namespace hermesh;

using namespace hermesh::testing;

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
  const nat::Behaviour behaviour{.port_mapping = {.nat_pmp = true, .pcp = true}};
  Fabric fabric(two_gateways(behaviour),
                {.deliver = [&](PortId port, std::span<const std::byte> frame) {
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
  if (accounted_for(fabric) < sent) std::abort();
  return 0;
}
