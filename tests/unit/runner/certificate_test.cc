// SPDX-License-Identifier: MIT
// What a gateway is declared to do beside what it does: every behaviour certifies as itself, and no
// gateway that differs by an axis does.
#include "unit/runner/certificates.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <ostream>
#include <set>

namespace hermesh {
namespace {

using testing::differing_axes;
using testing::story_of;

using namespace std::chrono_literals;
using nat::Behaviour;
using nat::Dependence;
using nat::OutPolicy;
using nat::PortAssignment;
using nat::Translating;

Network home(const Behaviour& behaviour, std::uint64_t seed = 11) {
  const auto inside = Prefix::parse("192.168.1.0/24").value();
  const auto outside = Prefix::parse("80.100.0.0/16").value();
  Network network{
      .segments = {{.name = "internet", .ipv4 = outside}, {.name = "home", .ipv4 = inside}},
      .cards = {},
      .seed = seed};
  network.gateways = {{.spec = {.name = "gw",
                                .role = "home",
                                .outside = {.segment = "internet", .ipv4 = outside.host(17)},
                                .inside = {{.segment = "home", .ipv4 = inside.host(1)}}},
                       .behaviour = behaviour,
                       .outside_mac = MacAddress::parse("02:00:00:00:00:01").value(),
                       .inside_macs = {MacAddress::parse("02:00:00:00:00:02").value()}}};
  return network;
}

Certificate certify(const Behaviour& declared, const Behaviour& built) {
  return certify_network(home(declared), home(built), 5).at(0);
}

constexpr std::array grades{Dependence::endpoint_independent,
                            Dependence::address_dependent,
                            Dependence::address_and_port_dependent};

struct Change {
  const char* name;
  std::function<void(Behaviour&)> apply;
};
void PrintTo(const Change& change, std::ostream* out) {
  *out << change.name;
}

const OutPolicy web{.only = {{443}}};

void all_timers(Behaviour& b, Duration timer) {
  b.timers = {.udp_unreplied = timer,
              .udp_stream = timer,
              .tcp_transitory = timer,
              .tcp_established = timer,
              .icmp = timer};
}

const std::vector<Change> changes{
    {"Nothing", [](Behaviour&) {}},
    {"Random", [](Behaviour& b) { b.ports = PortAssignment::random; }},
    {"Up", [](Behaviour& b) { b.ports = PortAssignment::sequential_up; }},
    {"Down", [](Behaviour& b) { b.ports = PortAssignment::sequential_down; }},
    {"ThenRandom", [](Behaviour& b) { b.ports = PortAssignment::preserve_then_random; }},
    {"Block", [](Behaviour& b) { b.ports = PortAssignment::block; }},
    {"SmallBlock", [](Behaviour& b) { b.ports = PortAssignment::block, b.port_block_size = 16; }},
    {"LargeBlock", [](Behaviour& b) { b.ports = PortAssignment::block, b.port_block_size = 2000; }},
    {"HugeBlock", [](Behaviour& b) { b.ports = PortAssignment::block, b.port_block_size = 10000; }},
    {"AllPortsBlock",
     [](Behaviour& b) { b.ports = PortAssignment::block, b.port_block_size = 64512; }},
    {"Overloads", [](Behaviour& b) { b.overload_ports = true; }},
    {"Strict", [](Behaviour& b) { b.flows = nat::FlowRule::strict; }},
    {"Hairpin", [](Behaviour& b) { b.hairpin = nat::Hairpin::external_source; }},
    {"InternalHairpin", [](Behaviour& b) { b.hairpin = nat::Hairpin::internal_source; }},
    {"OutboundOnly", [](Behaviour& b) { b.refresh = nat::Refresh::outbound_only; }},
    {"ShortTimers", [](Behaviour& b) { all_timers(b, 1s); }},
    {"LongTimers", [](Behaviour& b) { all_timers(b, 168h); }},
    {"OddTimers",
     [](Behaviour& b) {
       b.timers = {.udp_unreplied = 31500ms,
                   .udp_stream = 17s,
                   .tcp_transitory = 6s,
                   .tcp_established = 2h,
                   .icmp = 30s};
     }},
    {"HourAtMost", [](Behaviour& b) { b.absolute_lifetime = 1h; }},
    {"TenHoursAtMost", [](Behaviour& b) { b.absolute_lifetime = 10h; }},
    {"AsLongAsItsTimers", [](Behaviour& b) { all_timers(b, 2min), b.absolute_lifetime = 2min; }},
    {"WeekAtMostOfShortTimers",
     [](Behaviour& b) { all_timers(b, 30s), b.absolute_lifetime = 168h; }},
    {"OutboundOnlyAndHourAtMost",
     [](Behaviour& b) { b.refresh = nat::Refresh::outbound_only, b.absolute_lifetime = 1h; }},
    {"DropsErrors", [](Behaviour& b) { b.icmp_errors = false; }},
    {"NoUdp", [](Behaviour& b) { b.udp_out = OutPolicy::none(); }},
    {"WebOverUdp", [](Behaviour& b) { b.udp_out = web; }},
    {"NoTcp", [](Behaviour& b) { b.tcp_out = OutPolicy::none(); }},
    {"WebOverTcp", [](Behaviour& b) { b.tcp_out = web; }},
    {"WebOnly", [](Behaviour& b) { b.udp_out = OutPolicy::none(), b.tcp_out = web; }},
    {"WebAndQuicOnly", [](Behaviour& b) { b.udp_out = b.tcp_out = web; }},
    {"DnsAndWebOnly",
     [](Behaviour& b) {
       b.udp_out = b.tcp_out = OutPolicy{.only = {{53, 443, 8443}}};
     }},
    {"NothingOut", [](Behaviour& b) { b.udp_out = b.tcp_out = OutPolicy::none(); }},
    {"TwentyEach", [](Behaviour& b) { b.per_host_limit = 20; }},
    {"ThousandEach", [](Behaviour& b) { b.per_host_limit = 1000; }},
    {"TwoAddresses", [](Behaviour& b) { b.external_addresses = 2; }},
    {"SixtyFourAddresses", [](Behaviour& b) { b.external_addresses = 64; }},
    {"AnyOfTwo",
     [](Behaviour& b) { b.external_addresses = 2, b.pooling = nat::Pooling::arbitrary; }},
    {"AnyOfEightUp",
     [](Behaviour& b) {
       b.external_addresses = 8, b.pooling = nat::Pooling::arbitrary,
       b.ports = PortAssignment::sequential_up;
     }},
    {"AnyOfSixtyFourRandom",
     [](Behaviour& b) {
       b.external_addresses = 64, b.pooling = nat::Pooling::arbitrary,
       b.ports = PortAssignment::random;
     }},
    {"BlocksOfFourAddresses",
     [](Behaviour& b) { b.external_addresses = 4, b.ports = PortAssignment::block; }},
    {"TwoAddressesOverload",
     [](Behaviour& b) { b.external_addresses = 2, b.overload_ports = true; }},
    {"NatPmp", [](Behaviour& b) { b.port_mapping.nat_pmp = true; }},
    {"Pcp", [](Behaviour& b) { b.port_mapping.pcp = true; }},
    {"BothForAMinute",
     [](Behaviour& b) { b.port_mapping = {.nat_pmp = true, .pcp = true, .most_lifetime = 1min}; }},
    {"PcpRefused",
     [](Behaviour& b) {
       b.port_mapping = {.pcp = true, .refuses = nat::Refusing::not_authorized};
     }},
    {"BothWithoutAddress",
     [](Behaviour& b) {
       b.port_mapping = {.nat_pmp = true, .pcp = true, .refuses = nat::Refusing::network_failure};
     }},
    {"PcpInboundOnly", [](Behaviour& b) { b.port_mapping = {.pcp = true, .outbound = false}; }},
    {"PcpInboundOnlyRandomStrict",
     [](Behaviour& b) {
       b.port_mapping = {.pcp = true, .outbound = false};
       b.ports = PortAssignment::random, b.flows = nat::FlowRule::strict;
     }},
    {"PcpOfABlock",
     [](Behaviour& b) { b.port_mapping.pcp = true, b.ports = PortAssignment::block; }},
    {"PcpOfAPool",
     [](Behaviour& b) {
       b.port_mapping = {.nat_pmp = true, .pcp = true};
       b.external_addresses = 4, b.pooling = nat::Pooling::arbitrary;
     }},
    {"PcpOverloads", [](Behaviour& b) { b.port_mapping.pcp = true, b.overload_ports = true; }},
    {"PcpWithoutUdp",
     [](Behaviour& b) { b.port_mapping.pcp = true, b.udp_out = OutPolicy::none(); }},
    {"PcpWithNothingOut",
     [](Behaviour& b) { b.port_mapping.pcp = true, b.udp_out = b.tcp_out = OutPolicy::none(); }},
    {"PcpWithShortLives",
     [](Behaviour& b) { b.port_mapping.pcp = true, b.absolute_lifetime = 10min; }},
    {"Firewall", [](Behaviour& b) { b.translating = Translating::none; }},
    {"OneToOne", [](Behaviour& b) { b.translating = Translating::one_to_one; }},
    {"FiveToFive",
     [](Behaviour& b) { b.translating = Translating::one_to_one, b.external_addresses = 5; }},
    {"OneToOneHairpin", [](Behaviour& b) {
       b.translating = Translating::one_to_one, b.hairpin = nat::Hairpin::external_source;
     }}};

/// Of the nine kinds with the change, those that a gateway can be.
std::vector<Behaviour> kinds_with(const Change& change) {
  std::vector<Behaviour> kinds;
  for (const auto mapping : grades)
    for (const auto filtering : grades) {
      Behaviour behaviour{.mapping = mapping, .filtering = filtering};
      change.apply(behaviour);
      if (!nat::contradiction(behaviour)) kinds.push_back(behaviour);
    }
  return kinds;
}

class EveryKind : public ::testing::TestWithParam<Change> {};

TEST_P(EveryKind, CertifiesAsItself) {
  for (const Behaviour& behaviour : kinds_with(GetParam())) {
    const auto certificate = certify(behaviour, behaviour);
    EXPECT_TRUE(certificate.certified()) << certificate.declared() << " measured as "
                                         << certificate.measured() << story_of(certificate);
  }
}

INSTANTIATE_TEST_SUITE_P(Certificate, EveryKind, ::testing::ValuesIn(changes), [](const auto& one) {
  return one.param.name;
});

/// What is random must not look like something else, not even once in a while.
TEST(Certificate, NoSeedMakesADifference) {
  const std::set<std::string> random{"Random",
                                     "Up",
                                     "ThenRandom",
                                     "SmallBlock",
                                     "HugeBlock",
                                     "Overloads",
                                     "AnyOfTwo",
                                     "AnyOfEightUp",
                                     "AnyOfSixtyFourRandom"};
  std::size_t kind = 0;
  for (const auto& change : changes) {
    if (!random.contains(change.name)) continue;
    const auto kinds = kinds_with(change);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Behaviour& behaviour = kinds.at(kind++ % kinds.size());
      const auto network = home(behaviour, seed);
      const auto certificate = certify_network(network, network, seed).at(0);
      EXPECT_TRUE(certificate.certified())
          << change.name << ", seed " << seed << story_of(certificate);
    }
  }
}

TEST(Certificate, TheTableIsBroad) {
  std::size_t behaviours = 0;
  for (const auto& change : changes)
    behaviours += kinds_with(change).size();
  EXPECT_GE(behaviours, 150U);
}

/// A gateway that is declared to do one thing and does another.
struct Mutant {
  const char* axis;
  Behaviour declared;
  Behaviour built;
};

Behaviour with(const std::function<void(Behaviour&)>& change) {
  Behaviour behaviour;
  change(behaviour);
  return behaviour;
}

std::vector<Mutant> mutants() {
  using enum PortAssignment;
  std::vector<Mutant> all;
  /// Both ways: each declared, the other one built.
  const auto pair = [&](const char* axis, const Behaviour& one, const Behaviour& other) {
    all.push_back({axis, one, other});
    all.push_back({axis, other, one});
  };
  const auto change = [&](const char* axis, const std::function<void(Behaviour&)>& apply) {
    pair(axis, {}, with(apply));
  };
  for (std::size_t i = 0; i < grades.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      pair("mapping",
           {.mapping = grades.at(i), .ports = random},
           {.mapping = grades.at(j), .ports = random});
      pair("filtering", {.filtering = grades.at(i)}, {.filtering = grades.at(j)});
    }
  const std::array assignments{
      preserve, random, sequential_up, sequential_down, block, preserve_then_random};
  for (std::size_t i = 0; i < assignments.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      pair("ports", {.ports = assignments.at(i)}, {.ports = assignments.at(j)});
  pair("port_block_size",
       {.ports = block, .port_block_size = 64},
       {.ports = block, .port_block_size = 128});
  pair("port_block_size",
       {.ports = block, .port_block_size = 5000},
       {.ports = block, .port_block_size = 8000});
  change("overload_ports", [](Behaviour& b) { b.overload_ports = true; });
  change("translation", [](Behaviour& b) { b.translating = Translating::none; });
  change("translation", [](Behaviour& b) { b.translating = Translating::one_to_one; });
  pair("translation",
       {.external_addresses = 4},
       {.translating = Translating::one_to_one, .external_addresses = 4});
  change("external_addresses", [](Behaviour& b) { b.external_addresses = 2; });
  pair("external_addresses", {.external_addresses = 7}, {.external_addresses = 8});
  pair("pooling",
       {.external_addresses = 4},
       {.pooling = nat::Pooling::arbitrary, .external_addresses = 4});
  change("per_host_limit", [](Behaviour& b) { b.per_host_limit = 30; });
  pair("flows",
       {.mapping = grades[2], .filtering = grades[0]},
       {.mapping = grades[2], .filtering = grades[0], .flows = nat::FlowRule::strict});
  for (const auto filtering : grades)
    pair("hairpin",
         {.filtering = filtering},
         {.filtering = filtering, .hairpin = nat::Hairpin::external_source});
  for (const auto hairpin : {nat::Hairpin::off, nat::Hairpin::external_source})
    pair("hairpin",
         {.filtering = grades[1], .hairpin = hairpin},
         {.filtering = grades[1], .hairpin = nat::Hairpin::internal_source});
  change("udp_unreplied", [](Behaviour& b) { b.timers.udp_unreplied = 121s; });
  change("udp_stream", [](Behaviour& b) { b.timers.udp_stream = 120s; });
  change("tcp_transitory", [](Behaviour& b) { b.timers.tcp_transitory = 241s; });
  change("tcp_established", [](Behaviour& b) { b.timers.tcp_established = 123min; });
  change("icmp", [](Behaviour& b) { b.timers.icmp = 61s; });
  change("refresh", [](Behaviour& b) { b.refresh = nat::Refresh::outbound_only; });
  change("absolute_lifetime", [](Behaviour& b) { b.absolute_lifetime = 168h; });
  pair("absolute_lifetime", {.absolute_lifetime = 3h}, {.absolute_lifetime = 181min});
  change("icmp_errors", [](Behaviour& b) { b.icmp_errors = false; });
  change("udp_out", [](Behaviour& b) { b.udp_out = OutPolicy::none(); });
  change("udp_out", [](Behaviour& b) { b.udp_out = web; });
  pair("udp_out", {.udp_out = web}, {.udp_out = OutPolicy::none()});
  change("tcp_out", [](Behaviour& b) { b.tcp_out = OutPolicy::none(); });
  change("tcp_out", [](Behaviour& b) { b.tcp_out = web; });
  change("mtu", [](Behaviour& b) { b.mtu = 1492; });
  pair("mtu_errors", {.mtu = 1400}, {.mtu = 1400, .mtu_errors = false});
  for (const nat::PortMapping& asked :
       {nat::PortMapping{.nat_pmp = true}, {.pcp = true}, {.nat_pmp = true, .pcp = true}})
    pair("port_mapping", {}, {.port_mapping = asked});
  pair("port_mapping", {.port_mapping = {.nat_pmp = true}}, {.port_mapping = {.pcp = true}});
  const auto mapping = [&](const char* axis, const nat::PortMapping& other) {
    pair(axis, {.port_mapping = {.nat_pmp = true, .pcp = true}}, {.port_mapping = other});
  };
  for (const auto refuses :
       {nat::Refusing::not_authorized, nat::Refusing::no_resources, nat::Refusing::network_failure})
    for (const auto* axis : {"port_mapping_refuses", "port_mapping_inbound"})
      mapping(axis, {.nat_pmp = true, .pcp = true, .refuses = refuses});
  mapping("port_mapping_lifetime", {.nat_pmp = true, .pcp = true, .most_lifetime = 7199s});
  mapping("port_mapping_outbound", {.nat_pmp = true, .pcp = true, .outbound = false});
  return all;
}

TEST(Certificate, NamesTheAxisByWhichAMutantDiffers) {
  for (const Mutant& mutant : mutants()) {
    const auto certificate = certify(mutant.declared, mutant.built);
    EXPECT_FALSE(certificate.certified()) << mutant.axis;
    EXPECT_TRUE(differing_axes(certificate).contains(mutant.axis))
        << mutant.axis << ", declared " << certificate.declared() << story_of(certificate);
  }
}

/// What every gateway must do is no field of a scenario: a gateway of the fabric cannot do
/// otherwise.
const std::map<std::string, std::string MeasuredBehaviour::*> duties{
    {"unsolicited_syn", &MeasuredBehaviour::unsolicited_syn},
    {"simultaneous_open", &MeasuredBehaviour::simultaneous_open},
    {"icmp_query", &MeasuredBehaviour::icmp_query},
    {"fragments", &MeasuredBehaviour::fragments},
    {"port_mapping_outside", &MeasuredBehaviour::port_mapping_outside}};

/// Of a gateway that grants ports; tests/unit/certify has gateways that fail them.
const std::map<std::string, std::string MeasuredBehaviour::*> duties_of_leases{
    {"port_mapping_holder", &MeasuredBehaviour::port_mapping_holder},
    {"port_mapping_end", &MeasuredBehaviour::port_mapping_end},
    {"port_mapping_inbound", &MeasuredBehaviour::port_mapping_inbound}};

TEST(Certificate, EveryAxisHasAMutant) {
  std::set<std::string> covered;
  for (const Mutant& mutant : mutants())
    covered.insert(mutant.axis);
  for (const auto& [axis, field] : duties)
    covered.insert(axis);
  for (const auto& [axis, field] : duties_of_leases)
    covered.insert(axis);
  const Behaviour granting{.port_mapping = {.pcp = true}};
  for (const auto& behaviour : {Behaviour{}, granting})
    for (const auto& axis : certify(behaviour, behaviour).axes)
      EXPECT_TRUE(covered.contains(axis.axis)) << axis.axis;
}

TEST(Certificate, AGatewayWhoseLeasesAreWorthNothingIsNotCertified) {
  const Behaviour granting{.port_mapping = {.pcp = true}};
  for (const auto& [axis, field] : duties_of_leases)
    for (const auto* word : {"loses it", "never", "nobody", "none", "?"}) {
      MeasuredBehaviour measured{.gateway = "gw", .port_mapping = "pcp"};
      measured.*field = word;
      const auto axes = compare(granting, measured);
      EXPECT_FALSE(std::ranges::find(axes, axis, &AxisResult::axis)->as_declared) << axis;
    }
}

TEST(Certificate, AGatewayThatFailsADutyIsNotCertified) {
  for (const auto& [axis, field] : duties)
    for (const auto* word : {"answered", "fails", "lost", "?"}) {
      MeasuredBehaviour measured;
      measured.*field = word;
      const auto axes = compare({}, measured);
      EXPECT_FALSE(std::ranges::find(axes, axis, &AxisResult::axis)->as_declared) << axis;
    }
}

TEST(Certificate, NothingMeasuredIsNothingCertified) {
  for (const auto& axis : compare({}, MeasuredBehaviour{}))
    EXPECT_EQ(axis.as_declared, axis.axis == "port_block_size") // which other ports have not
        << axis.axis;
}

TEST(Certificate, ItsWordsAreShortAndNameWhatIsUnusual) {
  const auto usual = certify({}, {});
  EXPECT_EQ(usual.declared(), "EIM/APDF, ports preserve, flows reuse");
  EXPECT_EQ(usual.measured(), "EIM/APDF, ports preserve, flows either");
  const auto built = with([](Behaviour& b) { b.hairpin = nat::Hairpin::external_source; });
  const auto mutant = certify({}, built);
  EXPECT_EQ(mutant.declared(), "EIM/APDF, ports preserve, flows reuse, hairpin off");
  EXPECT_EQ(mutant.measured(), "EIM/APDF, ports preserve, flows either, hairpin external-source");
}

TEST(Certificate, ATimerThatTheLifetimeCutsIsMeasuredAsTheLifetime) {
  const auto behaviour = with([](Behaviour& b) { b.absolute_lifetime = 1h; });
  const auto certificate = certify(behaviour, behaviour);
  const auto axis = std::ranges::find(certificate.axes, "tcp_established", &AxisResult::axis);
  EXPECT_EQ(axis->declared, "124m");
  EXPECT_EQ(axis->measured, "1h");
  EXPECT_TRUE(axis->as_declared);
}

} // namespace
} // namespace hermesh
