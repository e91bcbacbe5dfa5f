// SPDX-License-Identifier: MIT
#pragma once

#include "world.hh"

#include <algorithm>
#include <vector>

namespace hermesh::testing {

/// Two offices with public addresses of both families, each behind a gateway, and r outside.
///
///     a .10 -- [80.101.1.0/24, 2001:db8:a::/64] -- fw-a 80.100.0.1, 2001:db8:1::1 --+
///     b .10 -- [80.101.2.0/24, 2001:db8:b::/64] -- fw-b 80.100.0.2, 2001:db8:1::2 --+-- [internet]
///     r 80.100.0.100, 2001:db8:1::100 ----------------------------------------------+
inline Network two_offices(const nat::Behaviour& behaviour) {
  const auto mac = [](std::uint8_t last) { return MacAddress{{0x52, 0x54, 0, 0, 0, last}}; };
  const auto on = [](std::string segment, std::string_view ipv4, std::string_view ipv6) {
    return Attachment{.segment = std::move(segment), .ipv4 = ip(ipv4), .ipv6 = ip(ipv6)};
  };
  Network n{.segments = {{.name = "internet",
                          .ipv4 = Prefix::parse("80.100.0.0/16"),
                          .ipv6 = Prefix::parse("2001:db8:1::/64")},
                         {.name = "office-a",
                          .ipv4 = Prefix::parse("80.101.1.0/24"),
                          .ipv6 = Prefix::parse("2001:db8:a::/64")},
                         {.name = "office-b",
                          .ipv4 = Prefix::parse("80.101.2.0/24"),
                          .ipv6 = Prefix::parse("2001:db8:b::/64")}},
            .cards = {},
            .seed = 7};
  n.gateways = {{.spec = {.name = "fw-a",
                          .role = "firewall",
                          .outside = on("internet", "80.100.0.1", "2001:db8:1::1"),
                          .inside = {on("office-a", "80.101.1.1", "2001:db8:a::1")}},
                 .behaviour = behaviour,
                 .outside_mac = mac(0x10),
                 .inside_macs = {mac(0x11)}},
                {.spec = {.name = "fw-b",
                          .role = "firewall",
                          .outside = on("internet", "80.100.0.2", "2001:db8:1::2"),
                          .inside = {on("office-b", "80.101.2.1", "2001:db8:b::1")}},
                 .behaviour = behaviour,
                 .outside_mac = mac(0x20),
                 .inside_macs = {mac(0x21)}}};
  n.cards = {{"a", "eth0", on("office-a", "80.101.1.10", "2001:db8:a::10"), mac(1)},
             {"b", "eth0", on("office-b", "80.101.2.10", "2001:db8:b::10"), mac(2)},
             {"r", "eth0", on("internet", "80.100.0.100", "2001:db8:1::100"), mac(3)}};
  return n;
}

inline const nat::Behaviour firewall{.translating = nat::Translating::none};

/// The three of them in one family.
struct Family {
  const char* name;
  Endpoint a, b, r;
};
inline std::vector<Family> families() {
  return {{"v4", at("80.101.1.10", 5000), at("80.101.2.10", 6000), at("80.100.0.100", 9)},
          {"v6", at("2001:db8:a::10", 5000), at("2001:db8:b::10", 6000), at("2001:db8:1::100", 9)}};
}

/// A world whose hosts answer neighbours of both families.
class Offices : public World {
public:
  explicit Offices(const nat::Behaviour& behaviour = firewall) : World(two_offices(behaviour)) {
    answers_solicitations = true;
  }
  /// The text of what the machine got, if it was one frame.
  std::string got(const std::string& machine) {
    const auto received = take(machine);
    return received.size() == 1 ? received[0].text() : std::string(received.size(), '?');
  }
};

/// A frame of UDP in pieces with at most `data` bytes behind each header, of either version.
inline std::vector<std::vector<std::byte>>
pieces_of(const std::vector<std::byte>& frame, std::size_t data, std::uint16_t id) {
  const bool v4 = wire::load16(frame.data() + 12) == wire::ether_type::ipv4;
  const auto packet = wire::Bytes(frame).subspan(14);
  auto header = v4 ? *wire::parse_ipv4(packet) : *wire::parse_ipv6(packet);
  const auto whole = packet.subspan(header.header_size);
  const std::size_t before = 14U + (v4 ? 20U : 48U);
  std::vector<std::vector<std::byte>> pieces;
  for (std::size_t at = 0; at < whole.size(); at += data) {
    const auto part = whole.subspan(at, std::min(data, whole.size() - at));
    std::vector<std::byte> piece(before);
    std::ranges::copy(wire::Bytes(frame).first(14), piece.begin());
    piece.insert(piece.end(), part.begin(), part.end());
    header.total_size = static_cast<std::uint16_t>(before - 14 + part.size());
    header.dont_fragment = false;
    header.more_fragments = at + data < whole.size();
    header.fragment_offset = static_cast<std::uint16_t>(at);
    header.identification = id;
    const auto out = wire::MutableBytes(piece).subspan(14);
    if (v4) {
      wire::write_ipv4(out, header);
    } else {
      auto outer = header;
      outer.protocol = wire::ip_protocol::fragment;
      wire::write_ipv6(out, outer);
      wire::store8(out.data() + 40, header.protocol);
      wire::store16(out.data() + 42,
                    static_cast<std::uint16_t>(at | (header.more_fragments ? 1U : 0U)));
      wire::store32(out.data() + 44, id);
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

} // namespace hermesh::testing
