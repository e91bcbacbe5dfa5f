// SPDX-License-Identifier: MIT
#pragma once

#include "wire/checksum.hh"
#include "world.hh"

#include <gtest/gtest.h>

namespace hermesh::testing {

/// c shares a's home: 192.168.1.11, 2001:db8:a::11.
inline Network with_attacker(const nat::Behaviour& behaviour) {
  Network network = double_nat(behaviour);
  const auto prefix6 = [&](std::size_t segment, const char* prefix) {
    network.segments[segment].ipv6 = Prefix::parse(prefix);
  };
  prefix6(0, "2001:db8:1::/64");
  prefix6(2, "2001:db8:a::/64");
  network.segments[2].dhcp = true;
  network.gateways[0].spec.outside.ipv6 = ip("2001:db8:1::1");
  network.gateways[0].spec.inside[0].ipv6 = ip("2001:db8:a::1");
  network.cards.push_back({.machine = "c",
                           .name = "eth0",
                           .attachment = {.segment = "home-a",
                                          .ipv4 = ip("192.168.1.11"),
                                          .ipv6 = ip("2001:db8:a::11")},
                           .mac = {{0x52, 0x54, 0, 0, 0, 4}}});
  return network;
}

class HostileFrames : public ::testing::Test {
protected:
  explicit HostileFrames(const nat::Behaviour& behaviour = {}) : world(with_attacker(behaviour)) {
    world.udp("a", victim_port, server, "begin");
    const auto came = world.take("r");
    EXPECT_EQ(came.size(), 1U);
    if (!came.empty()) outside = came[0].summary.source;
  }

  /// a's flow passes both ways, from the port that it had.
  bool goes_on() {
    world.take("r");
    world.take("a");
    world.udp("a", victim_port, server, "out");
    world.udp("r", server.port, outside, "in");
    const auto out = world.take("r");
    const auto in = world.take("a");
    return out.size() == 1 && out[0].text() == "out" && out[0].summary.source == outside &&
           in.size() == 1 && in[0].text() == "in";
  }

  wire::FrameAddresses attacker(std::uint16_t port = 1000, const Endpoint& to = server) const {
    return world.addresses("c", port, to);
  }
  static std::vector<std::byte> datagram(const wire::FrameAddresses& ends, std::size_t size = 100) {
    return wire::make_udp_frame(ends, bytes_of(std::string(size, 'x')));
  }
  void attack(std::vector<std::byte> frame) {
    world.send("c", std::move(frame));
    if (++sent % 1000 == 0) world.taps.clear();
  }
  std::uint64_t counted(const char* where, DropReason reason) const {
    return world.dropped(where, reason);
  }

  static constexpr std::uint16_t victim_port = 5000;
  static inline const Endpoint server = at("80.100.0.100", 9);
  World world;
  Endpoint outside{};
  std::uint64_t sent = 0;
};

/// The header's checksum, after a change to it.
inline void fix_checksum(std::vector<std::byte>& frame) {
  const std::size_t size = (std::to_integer<std::size_t>(frame[14]) & 15U) * 4U;
  wire::store16(frame.data() + 24, 0);
  wire::store16(frame.data() + 24,
                wire::checksum_of(wire::sum_of(wire::Bytes(frame).subspan(14, size))));
}

/// The piece of a datagram's data from `from` on.
inline std::vector<std::byte> fragment(const std::vector<std::byte>& whole,
                                       std::size_t from,
                                       std::size_t size,
                                       std::uint16_t id) {
  std::vector<std::byte> piece(whole.begin(), whole.begin() + 34);
  const auto data = whole.begin() + 34 + static_cast<std::ptrdiff_t>(from);
  piece.insert(piece.end(), data, data + static_cast<std::ptrdiff_t>(size));
  const bool last = 34 + from + size == whole.size();
  wire::store16(piece.data() + 16, static_cast<std::uint16_t>(20 + size));
  wire::store16(piece.data() + 18, id);
  wire::store16(piece.data() + 20, static_cast<std::uint16_t>((last ? 0 : 0x2000) | from / 8));
  fix_checksum(piece);
  return piece;
}

} // namespace hermesh::testing
