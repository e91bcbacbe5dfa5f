// SPDX-License-Identifier: MIT
#pragma once

#include "certify/certify.hh"
#include "model/network.hh"
#include "wire/frame.hh"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace hermesh::testing {

/// A is behind gw-a, B behind gw-b behind gw-c; both homes have one prefix.
///
///     a .10 -- [home-a] -- gw-a 80.100.0.1 ------------------ [internet] -- r 80.100.0.100
///     b .10 -- [home-b] -- gw-b 10.64.0.10 -- [carrier] -- gw-c 80.100.0.2 -+
inline Network double_nat(const nat::Behaviour& behaviour) {
  const auto ip = [](std::string_view text) { return Address::parse(text).value(); };
  const auto mac = [](std::uint8_t last) { return MacAddress{{0x52, 0x54, 0, 0, 0, last}}; };
  Network n{.segments =
                {{.name = "internet", .ipv4 = Prefix::parse("80.100.0.0/16")},
                 {.name = "carrier", .ipv4 = Prefix::parse("10.64.0.0/24")},
                 {.name = "home-a", .ipv4 = Prefix::parse("192.168.1.0/24"), .may_overlap = true},
                 {.name = "home-b", .ipv4 = Prefix::parse("192.168.1.0/24"), .may_overlap = true}},
            .cards = {},
            .seed = 7};
  const auto gateway =
      [&](std::string name, Attachment outside, Attachment inside, std::uint8_t m) {
        n.gateways.push_back({.spec = {.name = std::move(name),
                                       .role = "home",
                                       .outside = std::move(outside),
                                       .inside = {std::move(inside)}},
                              .behaviour = behaviour,
                              .outside_mac = mac(m),
                              .inside_macs = {mac(static_cast<std::uint8_t>(m + 1))}});
      };
  gateway("gw-a", {"internet", ip("80.100.0.1")}, {"home-a", ip("192.168.1.1")}, 0x10);
  gateway("gw-b", {"carrier", ip("10.64.0.10")}, {"home-b", ip("192.168.1.1")}, 0x20);
  gateway("gw-c", {"internet", ip("80.100.0.2")}, {"carrier", ip("10.64.0.1")}, 0x30);
  const auto card = [&](std::string machine, Attachment where, std::uint8_t m) {
    n.cards.push_back({.machine = std::move(machine),
                       .name = "eth0",
                       .attachment = std::move(where),
                       .mac = mac(m)});
  };
  card("a", {"home-a", ip("192.168.1.10")}, 1);
  card("b", {"home-b", ip("192.168.1.10")}, 2);
  card("r", {"internet", ip("80.100.0.100")}, 3);
  return n;
}

/// A fabric with a certifier at its deliver hook, and all that crossed it.
class Lab {
public:
  struct Seen {
    std::string segment;
    std::string port;
    std::vector<std::byte> frame;
    DropReason drop = DropReason::none;
  };

  explicit Lab(Network network)
      : network_(std::move(network)),
        fabric_(network_,
                {.deliver =
                     [this](PortId port, std::span<const std::byte> frame) {
                       if (!loses || !loses(frame)) certifier_.sink(port, frame, now_);
                       if (on_deliver) on_deliver(port, frame);
                     },
                 .tap =
                     [this](const TapRecord& record) {
                       seen.push_back({network_.segments[record.segment].name,
                                       fabric_.segment_ports(record.segment).at(record.source),
                                       {record.frame.begin(), record.frame.end()},
                                       record.drop});
                       if (on_tap) on_tap(seen.back());
                     }}) {}

  GatewayUnderTest under_test(std::string_view name) const {
    const auto& gateway = *std::ranges::find_if(
        network_.gateways, [&](const Gateway& g) { return g.spec.name == name; });
    const auto prefix = [&](const std::string& segment) {
      return std::ranges::find(network_.segments, segment, &SegmentSpec::name)->ipv4.value();
    };
    const auto& inside = gateway.spec.inside.front();
    const auto& outside = gateway.spec.outside;
    return {.name = gateway.spec.name,
            .inside_segment = inside.segment,
            .outside_segment = outside.segment,
            .inside_prefix = prefix(inside.segment),
            .outside_prefix = prefix(outside.segment),
            .inside_address = inside.ipv4.value(),
            .outside_address = outside.ipv4.value(),
            .inside_mac = gateway.inside_macs.front(),
            .outside_mac = gateway.outside_mac};
  }
  MeasuredBehaviour measure(const GatewayUnderTest& gateway) {
    return certifier_.measure(fabric_, gateway, now_);
  }
  MeasuredBehaviour measure(std::string_view gateway) { return measure(under_test(gateway)); }

  Fabric& fabric() { return fabric_; }
  std::uint64_t dropped(std::string_view where, DropReason reason) const {
    std::uint64_t frames = 0;
    for (const LedgerRow& row : fabric_.ledger())
      if (row.where == where && row.reason == reason) frames += row.frames;
    return frames;
  }

  std::vector<Seen> seen;
  std::function<void(PortId, std::span<const std::byte>)> on_deliver;
  std::function<bool(std::span<const std::byte>)> loses; ///< on the way to a virtual host
  std::function<void(const Seen&)> on_tap;
  /// As if the gateway had sent it.
  void send_to(std::string_view virtual_host, std::span<const std::byte> frame) {
    certifier_.sink(fabric_.port(virtual_host), frame, now_);
  }

private:
  Network network_;
  Time now_{std::chrono::seconds{5}};
  Certifier certifier_{42};
  Fabric fabric_;
};

} // namespace hermesh::testing
