// SPDX-License-Identifier: MIT
//
// Theory and fabric, with no guest: what the reference puncher achieves through gateways of the
// fabric must be what the formula says, for every pair of kinds.
#include "oracle/oracle.hh"
#include "runner/virtual_punch.hh"

#include <gtest/gtest.h>

#include <array>

namespace hermesh {
namespace {

using nat::Dependence;

constexpr std::array grades{Dependence::endpoint_independent,
                            Dependence::address_dependent,
                            Dependence::address_and_port_dependent};

std::vector<nat::Behaviour> all_kinds(nat::FlowRule flows) {
  std::vector<nat::Behaviour> kinds;
  for (const auto mapping : grades)
    for (const auto filtering : grades)
      kinds.push_back({.mapping = mapping,
                       .filtering = filtering,
                       .ports = mapping == Dependence::endpoint_independent
                                    ? nat::PortAssignment::preserve
                                    : nat::PortAssignment::random,
                       .flows = flows});
  return kinds;
}

/// a behind gw-a, b behind gw-b and, with `carrier`, gw-c; r is public.
Network two_homes(bool carrier) {
  const auto ip = [](std::string_view text) { return Address::parse(text).value(); };
  const auto mac = [](std::uint8_t last) { return MacAddress{{0x52, 0x54, 0, 0, 0, last}}; };
  Network n{.segments = {{.name = "internet", .ipv4 = Prefix::parse("80.100.0.0/16")},
                         {.name = "home-a", .ipv4 = Prefix::parse("192.168.1.0/24")},
                         {.name = "home-b", .ipv4 = Prefix::parse("192.168.2.0/24")}},
            .cards = {},
            .seed = 5};
  if (carrier) n.segments.push_back({.name = "carrier", .ipv4 = Prefix::parse("10.200.0.0/24")});
  const auto gateway =
      [&](std::string name, Attachment outside, Attachment inside, std::uint8_t m) {
        n.gateways.push_back({.spec = {.name = std::move(name),
                                       .role = "home",
                                       .outside = std::move(outside),
                                       .inside = {std::move(inside)}},
                              .outside_mac = mac(m),
                              .inside_macs = {mac(static_cast<std::uint8_t>(m + 1))}});
      };
  gateway("gw-a", {"internet", ip("80.100.0.1")}, {"home-a", ip("192.168.1.1")}, 0x10);
  if (carrier) {
    gateway("gw-b", {"carrier", ip("10.200.0.9")}, {"home-b", ip("192.168.2.1")}, 0x20);
    gateway("gw-c", {"internet", ip("80.100.0.2")}, {"carrier", ip("10.200.0.1")}, 0x30);
  } else {
    gateway("gw-b", {"internet", ip("80.100.0.2")}, {"home-b", ip("192.168.2.1")}, 0x20);
  }
  const auto card = [&](std::string machine, Attachment where, std::uint8_t m) {
    n.cards.push_back({.machine = std::move(machine),
                       .name = "eth0",
                       .attachment = std::move(where),
                       .mac = mac(m)});
  };
  card("a", {"home-a", ip("192.168.1.10")}, 1);
  card("b", {"home-b", ip("192.168.2.10")}, 2);
  card("r", {"internet", ip("80.100.0.10")}, 3);
  return n;
}

class EveryPair : public ::testing::TestWithParam<nat::FlowRule> {};

TEST_P(EveryPair, AgreesWithTheFormula) {
  VirtualPunch lab(two_homes(false), "a", "b", "r");
  int direct = 0;
  for (const auto& a : all_kinds(GetParam()))
    for (const auto& b : all_kinds(GetParam())) {
      lab.fabric().set_behaviour("gw-a", a);
      lab.fabric().set_behaviour("gw-b", b);
      const auto outcome = lab.run();
      EXPECT_EQ(outcome.direct(), oracle::direct({{a}}, {{b}}))
          << mapping_name(a.mapping) << "/" << filtering_name(a.filtering) << " with "
          << mapping_name(b.mapping) << "/" << filtering_name(b.filtering);
      direct += outcome.direct() ? 1 : 0;
    }
  EXPECT_EQ(direct, GetParam() == nat::FlowRule::reuse ? 57 : 45);
}

INSTANTIATE_TEST_SUITE_P(VirtualPunch,
                         EveryPair,
                         ::testing::Values(nat::FlowRule::reuse, nat::FlowRule::strict),
                         [](const auto& flows) { return nat::to_string(flows.param); });

TEST(VirtualPunch, ChainsAgreeWithTheFormula) {
  VirtualPunch lab(two_homes(true), "a", "b", "r");
  for (const auto flows : {nat::FlowRule::reuse, nat::FlowRule::strict})
    for (const auto& a : all_kinds(flows))
      for (const auto& home : all_kinds(flows))
        for (const auto& carrier : all_kinds(flows)) {
          lab.fabric().set_behaviour("gw-a", a);
          lab.fabric().set_behaviour("gw-b", home);
          lab.fabric().set_behaviour("gw-c", carrier);
          ASSERT_EQ(lab.run().direct(), oracle::direct({{a}}, {{home, carrier}}))
              << mapping_name(a.mapping) << "/" << filtering_name(a.filtering) << " with "
              << mapping_name(home.mapping) << "/" << filtering_name(home.filtering) << " behind "
              << mapping_name(carrier.mapping) << "/" << filtering_name(carrier.filtering) << ", "
              << to_string(flows);
        }
}

} // namespace
} // namespace hermesh
