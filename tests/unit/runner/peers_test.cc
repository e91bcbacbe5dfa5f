// SPDX-License-Identifier: MIT
//
// What other labs of NATs were seen to get wrong, as far as it takes a whole lab to get it right.
// The rest is tested where it belongs: two hosts with one source port and a thousand sockets of one
// host in unit/nat/kinds_test.cc and ports of unit/nat/capacity_test.cc, as are the sixty
// thousandth mapping and expired ports that come back; verdicts without DNS in vm/honesty_test.cc.
#include "model/catalog.hh"
#include "runner/attempts.hh"
#include "wire/frame.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

const Catalog& catalog() {
  static const Catalog shipped(DataFolders::below(HERMESH_TEST_SOURCE_DIR));
  return shipped;
}

// Rules that are added when the first packet was seen come too late for the one that comes first.
TEST(Peers, RulesAreThereBeforeTheFirstInboundPacket) {
  const auto network =
      bind(catalog().topology("nat-nat"), catalog().scenario("port-restricted"), {}, 1);
  const auto& gateway = network.gateways.front();
  const auto inside = std::ranges::find_if(network.cards, [&](const Card& card) {
    return card.attachment.segment == gateway.spec.inside.front().segment;
  });
  const auto outside = std::ranges::find_if(network.cards, [&](const Card& card) {
    return card.attachment.segment == gateway.spec.outside.segment;
  });
  std::size_t arrived = 0;
  Fabric fabric(network, {.deliver = [&](PortId, std::span<const std::byte> frame) {
                  const auto summary = wire::summarise(frame);
                  if (summary && summary->protocol == wire::ip_protocol::udp) ++arrived;
                }});
  // The very first frame of the lab's life is for the port that the host inside is about to use.
  auto knock = wire::make_udp_frame({.source_mac = outside->mac,
                                     .destination_mac = gateway.outside_mac,
                                     .source = {outside->attachment.ipv4.value(), 9},
                                     .destination = {gateway.spec.outside.ipv4.value(), 5000}},
                                    {});
  const auto port = fabric.port(outside->machine + "." + outside->name);
  fabric.receive(port, knock, Time{0});
  EXPECT_EQ(arrived, 0U);
  // And it has taught the gateway nothing: the host keeps its port, and its own remote alone gets
  // in.
  auto out = wire::make_udp_frame({.source_mac = inside->mac,
                                   .destination_mac = gateway.inside_macs.front(),
                                   .source = {inside->attachment.ipv4.value(), 5000},
                                   .destination = {outside->attachment.ipv4.value(), 7}},
                                  {});
  auto known = wire::make_arp_reply(outside->mac,
                                    outside->attachment.ipv4.value(),
                                    gateway.outside_mac,
                                    gateway.spec.outside.ipv4.value());
  fabric.receive(port, known, Time{0});
  fabric.receive(fabric.port(inside->machine + "." + inside->name), out, Time{0});
  EXPECT_EQ(arrived, 1U);
  auto again = wire::make_udp_frame({.source_mac = outside->mac,
                                     .destination_mac = gateway.outside_mac,
                                     .source = {outside->attachment.ipv4.value(), 9},
                                     .destination = {gateway.spec.outside.ipv4.value(), 5000}},
                                    {});
  fabric.receive(port, again, Time{0});
  EXPECT_EQ(arrived, 1U);
}

// Two homes behind one carrier: direct by the carrier's hairpin, or not at all.
TEST(Peers, DoubleNatIsDirectByHairpinAndNotWithout) {
  const auto attempt = [](const std::string& scenario) {
    const auto spec =
        plan_trial(catalog(), {.topology = "shared-cgn", .scenario = scenario, .vpn = "internal"});
    return run_virtual_attempts(spec, {spec.declared}).cells.at(0);
  };
  const auto with = attempt("carrier-cgn");
  EXPECT_TRUE(with.direct);
  EXPECT_TRUE(with.as_expected()) << with.expected.reason;
  const auto without = attempt("carrier-cgn-no-hairpin");
  EXPECT_FALSE(without.direct);
  EXPECT_TRUE(without.as_expected()) << without.expected.reason;
}

} // namespace
} // namespace hermesh
