// SPDX-License-Identifier: MIT
#include "base/temp_dir.hh"
#include "runner/certification.hh"
#include "wire/frame.hh"
#include "wire/pcapng.hh"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace hermesh {
namespace {

/// A home with room for two more hosts, whose upper addresses are taken.
Network crowded_home() {
  const auto home = Prefix::parse("192.168.1.0/29").value();
  const auto internet = Prefix::parse("80.100.0.0/29").value();
  Network network{
      .segments = {{.name = "internet", .ipv4 = internet}, {.name = "home", .ipv4 = home}},
      .cards = {}};
  network.gateways = {{.spec = {.name = "gw",
                                .role = "home",
                                .outside = {.segment = "internet", .ipv4 = internet.host(1)},
                                .inside = {{.segment = "home", .ipv4 = home.host(1)}}},
                       .outside_mac = MacAddress::parse("02:00:00:00:00:01").value(),
                       .inside_macs = {MacAddress::parse("02:00:00:00:00:02").value()}}};
  for (const auto host : std::to_array<std::uint8_t>({4, 5, 6}))
    network.cards.push_back({.machine = "m" + std::to_string(host),
                             .name = "eth0",
                             .attachment = {.segment = "home", .ipv4 = home.host(host)},
                             .mac = {{2, 0, 0, 0, 1, host}}});
  for (const auto host : std::to_array<std::uint8_t>({5, 6}))
    network.cards.push_back({.machine = "s" + std::to_string(host),
                             .name = "eth0",
                             .attachment = {.segment = "internet", .ipv4 = internet.host(host)},
                             .mac = {{2, 0, 0, 0, 2, host}}});
  return network;
}

std::set<std::string> senders(const std::filesystem::path& capture) {
  std::set<std::string> found;
  wire::read_pcapng(capture, [&](const wire::CaptureInfo&, const wire::CapturedFrame& frame) {
    if (const auto summary = wire::summarise(frame.bytes))
      found.insert(to_string(summary->source.address));
  });
  return found;
}

TEST(Certification, TakesNoAddressThatIsACards) {
  const TempDir captures;
  TrialSpec spec;
  spec.declared = spec.built = crowded_home();
  {
    FabricLoop loop(spec.built, {.captures = captures.path()});
    const auto results = certify_gateways(loop, spec);
    ASSERT_EQ(results.size(), 1U);
    EXPECT_TRUE(results[0].certified) << results[0].measured;
  }
  const auto inside = senders(captures.path() / "home.pcapng");
  EXPECT_TRUE(inside.contains("192.168.1.2") && inside.contains("192.168.1.3"));
  for (const auto* card : {"192.168.1.4", "192.168.1.5", "192.168.1.6"})
    EXPECT_FALSE(inside.contains(card)) << card;
}

TEST(Certification, SaysFirstByWhichAxisAGatewayDiffers) {
  const TempDir captures;
  TrialSpec spec;
  spec.declared = spec.built = crowded_home();
  spec.built.gateways[0].behaviour.icmp_errors = false;
  FabricLoop loop(spec.built, {.captures = captures.path()});
  const auto results = certify_gateways(loop, spec);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_FALSE(results[0].certified);
  EXPECT_EQ(results[0].declared, "EIM/APDF, ports preserve, flows reuse, icmp_errors translated");
  EXPECT_EQ(results[0].measured, "EIM/APDF, ports preserve, flows either, icmp_errors dropped");
  ASSERT_GT(results[0].evidence.size(), 20U);
  EXPECT_EQ(results[0].evidence[0], "differs: icmp_errors: declared translated, measured dropped");
}

TEST(Certification, TheGatewayIsTheSameAfterwards) {
  const TempDir captures;
  TrialSpec spec;
  spec.declared = spec.built = crowded_home();
  FabricLoop loop(spec.built, {.captures = captures.path()});
  const auto first = certify_gateways(loop, spec).at(0);
  const auto second = certify_gateways(loop, spec).at(0);
  EXPECT_TRUE(first.certified && second.certified);
  EXPECT_EQ(first.measured, second.measured);
}

} // namespace
} // namespace hermesh
