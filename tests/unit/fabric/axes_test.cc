// SPDX-License-Identifier: MIT
// The axes of a gateway that need more of it than its table: hairpin, several addresses, no
// translation, what may go out.
#include "wire/arp.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"
#include "world.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace hermesh::testing {
namespace {

/// `double_nat`, with A2 beside A, and gw-a where it has room for more addresses.
Network shared_home(const nat::Behaviour& behaviour) {
  Network network = double_nat();
  network.gateways[0].behaviour = behaviour;
  network.gateways[0].spec.outside.ipv4 = ip("80.100.0.50");
  Card second = network.cards[0];
  second.machine = "a2";
  second.attachment.ipv4 = ip("192.168.1.11");
  second.mac.bytes[5] = 9;
  network.cards.push_back(second);
  return network;
}

class Axes : public ::testing::Test {
protected:
  World& world(const nat::Behaviour& behaviour) { return world_.emplace(shared_home(behaviour)); }
  /// By way of gw-a, whatever the host's routes say.
  void udp(const std::string& machine, std::uint16_t port, const Endpoint& to) {
    const Card& card = world_->card(machine);
    const Gateway& gateway = world_->network().gateways[0];
    world_->send(
        machine,
        wire::make_udp_frame(
            {.source_mac = card.mac,
             .destination_mac = machine == "r" ? gateway.outside_mac : gateway.inside_macs.front(),
             .source = {.address = *card.attachment.ipv4, .port = port},
             .destination = to},
            bytes_of("x")));
  }
  /// The only one that came; an empty one when that is not so.
  World::Received take_one(const std::string& machine) {
    auto got = world_->take(machine);
    EXPECT_EQ(got.size(), 1U) << machine;
    return got.size() == 1 ? std::move(got.front()) : World::Received{};
  }
  static bool checksums_are_right(const World::Received& received) {
    const auto packet = wire::Bytes(received.frame).subspan(wire::ethernet_header_size);
    const auto parsed = wire::parse_ipv4(packet);
    return parsed &&
           wire::transport_checksum_ok(packet.subspan(parsed->header_size, parsed->data_size()),
                                       parsed->protocol,
                                       parsed->source,
                                       parsed->destination);
  }

  std::optional<World> world_;
};

TEST_F(Axes, AHairpinTurnsRoundWithTheSendersExternalEndpoint) { // RFC 4787 REQ-9a
  auto& w = world({.filtering = nat::Dependence::endpoint_independent,
                   .hairpin = nat::Hairpin::external_source});
  udp("a2", 6000, at("80.100.0.100", 1));
  udp("a", 5000, at("80.100.0.50", 6000));
  const auto got = take_one("a2");
  EXPECT_EQ(got.summary.source, at("80.100.0.50", 5000));
  EXPECT_EQ(got.summary.destination, at("192.168.1.11", 6000));
  EXPECT_TRUE(checksums_are_right(got));
  udp("a2", 6000, at("80.100.0.50", 5000));
  EXPECT_EQ(take_one("a").summary.source, at("80.100.0.50", 6000));
  EXPECT_EQ(w.dropped_in_all(), 0U);
}

TEST_F(Axes, AHairpinMayKeepItsSource) {
  world({.filtering = nat::Dependence::endpoint_independent,
         .hairpin = nat::Hairpin::internal_source});
  udp("a2", 6000, at("80.100.0.100", 1));
  udp("a", 5000, at("80.100.0.50", 6000));
  const auto got = take_one("a2");
  EXPECT_EQ(got.summary.source, at("192.168.1.10", 5000));
  EXPECT_TRUE(checksums_are_right(got));
}

TEST_F(Axes, AHairpinIsFilteredAsAnyStranger) {
  auto& w = world({.hairpin = nat::Hairpin::external_source});
  udp("a2", 6000, at("80.100.0.100", 1));
  udp("a", 5000, at("80.100.0.50", 6000));
  EXPECT_TRUE(w.take("a2").empty());
  EXPECT_EQ(w.dropped("gw-a", DropReason::nat_filtered), 1U);
  udp("a2", 6000, at("80.100.0.50", 5000)); // now both have sent
  EXPECT_EQ(take_one("a").summary.source, at("80.100.0.50", 6000));
}

TEST_F(Axes, EveryExternalAddressIsTheGateways) {
  auto& w = world({.external_addresses = 2}); // the host's number decides: .10 even, .11 odd
  udp("a", 5000, at("80.100.0.100", 1));
  udp("a2", 5000, at("80.100.0.100", 1));
  auto got = w.take("r");
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].summary.source, at("80.100.0.50", 5000));
  EXPECT_EQ(got[1].summary.source, at("80.100.0.51", 5000));
  udp("r", 1, at("80.100.0.51", 5000));
  EXPECT_EQ(take_one("a2").summary.destination, at("192.168.1.11", 5000));
  udp("r", 1, at("80.100.0.52", 5000));
  EXPECT_EQ(w.dropped("gw-a", DropReason::not_for_gateway), 1U);
}

TEST_F(Axes, TheGatewayAnswersArpForEachOfThem) {
  auto& w = world({.external_addresses = 2});
  const auto answers = [&](const char* address) {
    const Card& r = w.card("r");
    w.taps.clear();
    w.send("r", wire::make_arp_request(r.mac, *r.attachment.ipv4, ip(address)));
    for (const auto& tapped : w.taps) {
      const auto arp =
          wire::parse_arp(wire::Bytes(tapped.frame).subspan(wire::ethernet_header_size));
      if (arp && arp->operation == wire::ArpPacket::Operation::reply &&
          arp->sender == ip(address) && arp->sender_mac == w.network().gateways[0].outside_mac)
        return true;
    }
    return false;
  };
  EXPECT_TRUE(answers("80.100.0.50"));
  EXPECT_TRUE(answers("80.100.0.51"));
  EXPECT_FALSE(answers("80.100.0.52"));
  w.fabric().set_behaviour("gw-a", {.external_addresses = 3});
  EXPECT_TRUE(answers("80.100.0.52"));
}

TEST_F(Axes, AFirewallChangesNoAddress) {
  auto& w = world({.translating = nat::Translating::none});
  udp("r", 1, at("192.168.1.10", 5000));
  EXPECT_EQ(w.dropped("gw-a", DropReason::nat_no_mapping), 1U);
  udp("a", 5000, at("80.100.0.100", 1));
  EXPECT_EQ(take_one("r").summary.source, at("192.168.1.10", 5000));
  udp("r", 1, at("192.168.1.10", 5000));
  const auto got = take_one("a");
  EXPECT_EQ(got.summary.destination, at("192.168.1.10", 5000));
  EXPECT_TRUE(checksums_are_right(got));
  udp("r", 2, at("192.168.1.10", 5000));
  EXPECT_EQ(w.dropped("gw-a", DropReason::nat_filtered), 1U);
}

TEST_F(Axes, OnlyListedPortsMayBeSpokenTo) {
  auto& w = world({.filtering = nat::Dependence::endpoint_independent,
                   .udp_out = {.only = {{443}}},
                   .tcp_out = nat::OutPolicy::none()});
  udp("a", 5000, at("80.100.0.100", 443));
  udp("a", 5000, at("80.100.0.100", 80));
  EXPECT_EQ(take_one("r").summary.destination.port, 443);
  EXPECT_EQ(w.dropped("gw-a", DropReason::out_policy), 1U);
  udp("r", 80, at("80.100.0.50", 5000));
  EXPECT_TRUE(w.take("a").empty()) << "nor does it get in";
  udp("r", 443, at("80.100.0.50", 5000));
  EXPECT_EQ(w.take("a").size(), 1U);
  w.tcp("a", 5000, at("80.100.0.100", 443), wire::tcp_flag::syn);
  EXPECT_EQ(w.dropped("gw-a", DropReason::out_policy), 3U);
}

TEST_F(Axes, ErrorsMayBeDropped) {
  for (const bool translated : {true, false}) {
    auto& w = world({.icmp_errors = translated});
    udp("a", 5000, at("80.100.0.100", 1));
    const auto sent = take_one("r");
    std::vector<std::byte> quoted(sent.frame.begin() + wire::ethernet_header_size,
                                  sent.frame.begin() + wire::ethernet_header_size + 28);
    std::vector<std::byte> frame(wire::ethernet_header_size + wire::ipv4_header_size +
                                 wire::icmp_header_size + quoted.size());
    const auto bytes = wire::MutableBytes(frame);
    const Gateway& gateway = w.network().gateways[0];
    wire::write_ethernet(frame,
                         {.destination = gateway.outside_mac,
                          .source = w.card("r").mac,
                          .type = wire::ether_type::ipv4});
    const auto packet = bytes.subspan(wire::ethernet_header_size);
    wire::write_ipv4(packet,
                     {.total_size = static_cast<std::uint16_t>(packet.size()),
                      .protocol = wire::ip_protocol::icmp,
                      .source = ip("80.100.0.100"),
                      .destination = ip("80.100.0.50")});
    const auto message = packet.subspan(wire::ipv4_header_size);
    std::ranges::copy(quoted, message.subspan(wire::icmp_header_size).begin());
    wire::write_icmp(message, {.type = wire::icmp_type::unreachable, .code = 3});
    w.send("r", frame);
    EXPECT_EQ(w.take("a").size(), translated ? 1U : 0U);
    EXPECT_EQ(w.dropped("gw-a", DropReason::nat_filtered), translated ? 0U : 1U);
  }
}

} // namespace
} // namespace hermesh::testing
