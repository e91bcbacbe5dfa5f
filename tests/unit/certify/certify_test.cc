// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "lab.hh"

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <tuple>

namespace hermesh {

void PrintTo(const MeasuredBehaviour& m, std::ostream* out) {
  *out << m.mapping << '/' << m.filtering << ' ' << m.ports << ' ' << m.flows;
  for (const auto& line : m.evidence)
    *out << "\n  " << line.axis << ": " << line.probe << ": " << line.seen;
}

namespace {

using namespace testing;
using enum nat::Dependence;
using nat::Behaviour;
using nat::FlowRule;
using nat::PortAssignment;

/// Where a stranger is let in whose own mapping would be another one, the answer shows the flow
/// rule.
bool shows_flow_rule(const Behaviour& b) {
  if (b.filtering == endpoint_independent) return b.mapping != endpoint_independent;
  return b.filtering == address_dependent && b.mapping == address_and_port_dependent;
}

/// Mapping, filtering, ports and flows; the other axes are held in the runner's tests, which know
/// what a scenario declares.
using Words = std::array<std::string, 4>;

Words words_for(const Behaviour& b) {
  return {mapping_name(b.mapping),
          filtering_name(b.filtering),
          to_string(b.ports),
          shows_flow_rule(b) ? to_string(b.flows) : "either"};
}

Words words_of(const MeasuredBehaviour& measured) {
  return {measured.mapping, measured.filtering, measured.ports, measured.flows};
}

MeasuredBehaviour without_evidence(MeasuredBehaviour measured) {
  measured.evidence.clear();
  return measured;
}

class EveryBehaviour : public ::testing::TestWithParam<
                           std::tuple<nat::Dependence, nat::Dependence, PortAssignment, FlowRule>> {
protected:
  static Behaviour declared() {
    const auto [mapping, filtering, ports, flows] = GetParam();
    return {.mapping = mapping, .filtering = filtering, .ports = ports, .flows = flows};
  }
};

TEST_P(EveryBehaviour, IsMeasuredAsDeclaredOnEveryGatewayOfADoubleNat) {
  Lab lab(double_nat(declared()));
  for (const char* gateway : {"gw-a", "gw-b", "gw-c"}) {
    const auto measured = lab.measure(gateway);
    EXPECT_EQ(words_of(measured), words_for(declared())) << ::testing::PrintToString(measured);
    EXPECT_GE(measured.evidence.size(), 20U);
  }
}

// A gateway that was declared one way and does another, by one axis.
TEST_P(EveryBehaviour, AMutantOfAnyAxisIsToldApart) {
  std::vector<Behaviour> mutants;
  const auto mutate = [&](auto change) {
    mutants.push_back(declared());
    change(mutants.back());
  };
  for (const auto grade : {endpoint_independent, address_dependent, address_and_port_dependent}) {
    if (grade != declared().mapping) mutate([&](Behaviour& b) { b.mapping = grade; });
    if (grade != declared().filtering) mutate([&](Behaviour& b) { b.filtering = grade; });
  }
  mutate([](Behaviour& b) {
    b.ports =
        b.ports == PortAssignment::preserve ? PortAssignment::random : PortAssignment::preserve;
  });
  if (shows_flow_rule(declared()))
    mutate([](Behaviour& b) {
      b.flows = b.flows == FlowRule::reuse ? FlowRule::strict : FlowRule::reuse;
    });

  Lab lab(double_nat(declared()));
  for (const Behaviour& mutant : mutants) {
    lab.fabric().set_behaviour("gw-a", mutant);
    EXPECT_NE(words_of(lab.measure("gw-a")), words_for(declared()));
  }
}

std::string behaviour_name(const ::testing::TestParamInfo<EveryBehaviour::ParamType>& info) {
  const auto& [mapping, filtering, ports, flows] = info.param;
  return mapping_name(mapping) + filtering_name(filtering) + to_string(ports) + to_string(flows);
}

INSTANTIATE_TEST_SUITE_P(
    Certify,
    EveryBehaviour,
    ::testing::Combine(
        ::testing::Values(endpoint_independent, address_dependent, address_and_port_dependent),
        ::testing::Values(endpoint_independent, address_dependent, address_and_port_dependent),
        ::testing::Values(PortAssignment::preserve, PortAssignment::random),
        ::testing::Values(FlowRule::reuse, FlowRule::strict)),
    behaviour_name);

TEST(Certify, WhereUdpIsBlockedTcpShowsTheRest) {
  Lab lab(double_nat({.mapping = address_and_port_dependent,
                      .filtering = address_dependent,
                      .ports = PortAssignment::random,
                      .udp_out = nat::OutPolicy::none()}));
  const auto measured = lab.measure("gw-a");
  EXPECT_EQ(words_of(measured), (Words{"APDM", "ADF", "random", "reuse"}));
  EXPECT_EQ(measured.udp_out, "none");
  EXPECT_EQ(measured.udp_stream, "?");
  EXPECT_EQ(measured.tcp_established, "124m");
}

TEST(Certify, WhereOnePortAloneIsOpenItTellsWhatItCan) {
  const nat::OutPolicy web{.only = {{443}}};
  Lab lab(double_nat({.udp_out = nat::OutPolicy::none(), .tcp_out = web}));
  const auto measured = lab.measure("gw-a");
  EXPECT_EQ(words_of(measured), (Words{"EIM", "ADF or APDF", "preserve", "either"}));
  EXPECT_EQ(measured.tcp_out, "443");
}

TEST(Certify, AGatewayThatPassesNothingIsNotOneThatBlocksUdp) {
  Lab lab(double_nat({}));
  auto gateway = lab.under_test("gw-a");
  gateway.inside_mac.bytes[5] ^= 0x80; // nobody has it
  EXPECT_EQ(without_evidence(lab.measure(gateway)),
            (MeasuredBehaviour{.gateway = "gw-a", .icmp_query = "lost"}));
}

TEST(Certify, StateFromBeforeNeitherMattersNorStays) {
  Lab lab(double_nat({.filtering = endpoint_independent}));
  const auto first = lab.measure("gw-a");
  EXPECT_EQ(lab.measure("gw-a"), first);
  EXPECT_EQ(first.filtering, "EIF");
}

TEST(Certify, ItLeavesNoMappingBehind) {
  Lab lab(double_nat({.filtering = endpoint_independent}));
  const auto gateway = lab.under_test("gw-a");
  lab.measure(gateway);

  // All that left the gateway, answered now: nobody is there any more.
  std::vector<Endpoint> opened;
  for (const auto& seen : lab.seen) {
    const auto summary = wire::summarise(seen.frame);
    if (seen.port == "gw-a.outside" && summary && summary->protocol == wire::ip_protocol::udp)
      opened.push_back(summary->source);
  }
  ASSERT_GT(opened.size(), 15U);
  const auto before = lab.dropped("gw-a", DropReason::nat_no_mapping);
  const MacAddress r{{0x52, 0x54, 0, 0, 0, 3}};
  for (const Endpoint& external : opened) {
    auto frame = wire::make_udp_frame({.source_mac = r,
                                       .destination_mac = gateway.outside_mac,
                                       .source = {Address::parse("80.100.0.100").value(), 53},
                                       .destination = external},
                                      {});
    lab.fabric().receive(lab.fabric().port("r.eth0"), frame, std::chrono::seconds{6});
  }
  EXPECT_EQ(lab.dropped("gw-a", DropReason::nat_no_mapping) - before, opened.size());
}

TEST(Certify, ItLeavesNoPortBehind) {
  Lab lab(double_nat({}));
  lab.measure("gw-a");
  std::vector<PortId> delivered;
  lab.on_deliver = [&](PortId port, std::span<const std::byte>) { delivered.push_back(port); };
  const MacAddress r{{0x52, 0x54, 0, 0, 0, 3}};
  auto broadcast = wire::make_arp_request(
      r, Address::parse("80.100.0.100").value(), Address::parse("80.100.255.254").value());
  lab.fabric().receive(lab.fabric().port("r.eth0"), broadcast, std::chrono::seconds{6});
  EXPECT_TRUE(delivered.empty()) << "the Internet has no other machine";
}

TEST(Certify, MeasuredFromFramesThatTheCaptureShows) {
  Lab lab(double_nat({}));
  lab.measure("gw-b");
  const auto crossed = [&](std::string_view segment, std::string_view port) {
    return std::ranges::count_if(lab.seen, [&](const Lab::Seen& s) {
      return s.segment == segment && s.port.starts_with(port);
    });
  };
  EXPECT_GT(crossed("home-b", "certify"), 20);
  EXPECT_GT(crossed("carrier", "gw-b.outside"), 20);
  EXPECT_GT(crossed("carrier", "certify"), 2);
  EXPECT_EQ(crossed("internet", ""), 0) << "each gateway alone";
  EXPECT_LT(lab.seen.size(), 3000U) << "every trial's captures hold them";
}

TEST(Certify, TakenAddressesAreLeftAlone) {
  Lab lab(double_nat({}));
  auto gateway = lab.under_test("gw-a");
  gateway.taken = {Address::parse("192.168.1.254").value(),
                   Address::parse("80.100.255.254").value()};
  const auto measured = lab.measure(gateway);
  EXPECT_EQ(measured.mapping, "EIM");
  for (const auto& line : measured.evidence) {
    const auto text = line.probe + line.seen;
    EXPECT_EQ(text.find("192.168.1.254"), std::string::npos) << text;
    EXPECT_EQ(text.find("80.100.255.254"), std::string::npos) << text;
  }
}

TEST(Certify, APrefixWithoutRoomIsAnError) {
  Lab lab(double_nat({}));
  auto gateway = lab.under_test("gw-a");
  gateway.inside_prefix = Prefix::parse("192.168.1.0/30").value(); // the gateway, and one more
  try {
    lab.measure(gateway);
    FAIL() << "measured without room";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "certification needs room for its hosts in 192.168.1.0/30");
  }
  EXPECT_EQ(lab.measure("gw-a").mapping, "EIM") << "and the next one works";
}

} // namespace
} // namespace hermesh
