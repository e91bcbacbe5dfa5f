// SPDX-License-Identifier: MIT
// IPv6 and the link outside: every firewall certifies as itself, and none that differs by an axis
// does.
#include "runner/trial_spec.hh"
#include "unit/runner/certificates.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace hermesh {
namespace {

using testing::differing_axes;
using testing::story_of;

using namespace std::chrono_literals;
using nat::Behaviour;
using nat::Ipv6;

const nat::OutPolicy only_web{.only = {{443}}};

Network office(const Behaviour& behaviour) {
  const auto prefix = [](std::string_view text) { return Prefix::parse(text).value(); };
  const auto on = [&](std::string segment, const Prefix& ipv4, const Prefix& ipv6, unsigned host) {
    return Attachment{
        .segment = std::move(segment), .ipv4 = ipv4.host(host), .ipv6 = ipv6.host(host)};
  };
  const auto internet4 = prefix("80.100.0.0/16");
  const auto internet6 = prefix("3fff::/64");
  const auto office4 = prefix("80.101.1.0/24");
  const auto office6 = prefix("3fff:0:a::/64");
  Network network{.segments = {{.name = "internet", .ipv4 = internet4, .ipv6 = internet6},
                               {.name = "office", .ipv4 = office4, .ipv6 = office6}},
                  .cards = {},
                  .seed = 11};
  network.gateways = {{.spec = {.name = "fw",
                                .role = "firewall",
                                .outside = on("internet", internet4, internet6, 17),
                                .inside = {on("office", office4, office6, 1)}},
                       .behaviour = behaviour,
                       .outside_mac = MacAddress::parse("02:00:00:00:00:01").value(),
                       .inside_macs = {MacAddress::parse("02:00:00:00:00:02").value()}}};
  network.cards = {{.machine = "a",
                    .name = "eth0",
                    .attachment = on("office", office4, office6, 0xfffe),
                    .mac = MacAddress::parse("02:00:00:00:00:03").value()}};
  network.cards[0].attachment.ipv4 = office4.host(10);
  return network;
}

/// The office, and before it, inside, a segment that has IPv4 only.
Network office_beside_ipv4(const Behaviour& behaviour) {
  auto network = office(behaviour);
  const auto cellar = Prefix::parse("80.101.2.0/24").value();
  network.segments.push_back({.name = "cellar", .ipv4 = cellar});
  auto& gateway = network.gateways.front();
  gateway.spec.inside.insert(gateway.spec.inside.begin(),
                             {.segment = "cellar", .ipv4 = cellar.host(1)});
  gateway.inside_macs.insert(gateway.inside_macs.begin(),
                             MacAddress::parse("02:00:00:00:00:09").value());
  return network;
}

Certificate certify_office(const Behaviour& declared, const Behaviour& built) {
  return certify_network(office(declared), office(built), 5).at(0);
}

Behaviour changed(const std::function<void(Behaviour&)>& change) {
  Behaviour behaviour;
  change(behaviour);
  return behaviour;
}

constexpr std::array filterings{nat::Dependence::endpoint_independent,
                                nat::Dependence::address_dependent,
                                nat::Dependence::address_and_port_dependent};

std::vector<Behaviour> behaviours() {
  std::vector<Behaviour> all;
  for (const auto filtering : filterings)
    for (const auto ipv6 : {Ipv6::filtered, Ipv6::open, Ipv6::dropped, Ipv6::unreachable}) {
      all.push_back({.filtering = filtering, .ipv6 = ipv6});
      all.push_back({.translating = nat::Translating::none, .filtering = filtering, .ipv6 = ipv6});
      all.push_back({.filtering = filtering, .ipv6 = ipv6, .mtu = 1280});
      all.push_back({.filtering = filtering, .ipv6 = ipv6, .mtu = 1400, .mtu_errors = false});
    }
  all.push_back(changed([](Behaviour& b) { b.udp_out = only_web, b.mtu = 1492; }));
  all.push_back(changed([](Behaviour& b) { b.udp_out = nat::OutPolicy::none(), b.mtu = 1492; }));
  all.push_back(changed([](Behaviour& b) { b.tcp_out = nat::OutPolicy::none(); }));
  all.push_back(changed([](Behaviour& b) { b.udp_out = b.tcp_out = nat::OutPolicy::none(); }));
  all.push_back(changed([](Behaviour& b) { b.icmp_errors = false; }));
  all.push_back(changed([](Behaviour& b) { b.refresh = nat::Refresh::outbound_only; }));
  all.push_back(changed([](Behaviour& b) { b.absolute_lifetime = 1h; }));
  all.push_back(changed([](Behaviour& b) {
    b.timers = {.udp_unreplied = 30s,
                .udp_stream = 31s,
                .tcp_transitory = 6s,
                .tcp_established = 2h,
                .icmp = 5s};
  }));
  return all;
}

TEST(CertificateIpv6, EveryFirewallCertifiesAsItself) {
  for (const Behaviour& behaviour : behaviours()) {
    const auto certificate = certify_office(behaviour, behaviour);
    EXPECT_TRUE(certificate.certified())
        << certificate.declared() << ", ipv6 " << to_string(behaviour.ipv6) << ", mtu "
        << behaviour.mtu << story_of(certificate);
  }
}

TEST(CertificateIpv6, HasItsOwnAxes) {
  std::set<std::string> axes;
  for (const auto& axis : certify_office({}, {}).axes)
    if (axis.axis.starts_with("ipv6")) {
      axes.insert(axis.axis);
      EXPECT_FALSE(axis.evidence.empty()) << axis.axis;
      EXPECT_NE(axis.measured, "?") << axis.axis;
    }
  EXPECT_EQ(axes.size(), 18U);
  EXPECT_TRUE(axes.contains("ipv6_filtering"));
  const auto broken = changed([](Behaviour& b) { b.ipv6 = Ipv6::dropped; });
  EXPECT_EQ(std::ranges::count_if(certify_office(broken, broken).axes,
                                  [](const auto& a) { return a.axis.starts_with("ipv6"); }),
            1);
  auto without = office({});
  without.gateways[0].spec.outside.ipv6.reset();
  const auto certificates = certify_network(without, without, 5);
  for (const auto& axis : certificates.at(0).axes)
    EXPECT_FALSE(axis.axis.starts_with("ipv6")) << axis.axis;
}

struct Ipv6Mutant {
  const char* axis;
  Behaviour declared, built;
};

std::vector<Ipv6Mutant> ipv6_mutants() {
  std::vector<Ipv6Mutant> all;
  const auto pair = [&](const char* axis, const Behaviour& one, const Behaviour& other) {
    all.push_back({axis, one, other});
    all.push_back({axis, other, one});
  };
  const auto change = [&](const char* axis, const std::function<void(Behaviour&)>& apply) {
    pair(axis, {}, changed(apply));
  };
  constexpr std::array kinds{Ipv6::filtered, Ipv6::open, Ipv6::dropped, Ipv6::unreachable};
  for (std::size_t i = 0; i < kinds.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      pair("ipv6", {.ipv6 = kinds.at(i)}, {.ipv6 = kinds.at(j)});
  for (std::size_t i = 0; i < filterings.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      pair("ipv6_filtering", {.filtering = filterings.at(i)}, {.filtering = filterings.at(j)});
  change("ipv6_udp_unreplied", [](Behaviour& b) { b.timers.udp_unreplied = 121s; });
  change("ipv6_udp_stream", [](Behaviour& b) { b.timers.udp_stream = 120s; });
  change("ipv6_tcp_transitory", [](Behaviour& b) { b.timers.tcp_transitory = 241s; });
  change("ipv6_tcp_established", [](Behaviour& b) { b.timers.tcp_established = 123min; });
  change("ipv6_icmp", [](Behaviour& b) { b.timers.icmp = 61s; });
  change("ipv6_refresh", [](Behaviour& b) { b.refresh = nat::Refresh::outbound_only; });
  change("ipv6_icmp_errors", [](Behaviour& b) { b.icmp_errors = false; });
  change("ipv6_udp_out", [](Behaviour& b) { b.udp_out = only_web; });
  change("ipv6_tcp_out", [](Behaviour& b) { b.tcp_out = nat::OutPolicy::none(); });
  for (const auto* axis : {"mtu", "ipv6_mtu"}) {
    change(axis, [](Behaviour& b) { b.mtu = 1492; });
    pair(axis, {.mtu = 1492}, {.mtu = 1491});
    pair(axis, {.mtu = 1280}, {.mtu = 1281});
  }
  for (const auto* axis : {"mtu_errors", "ipv6_mtu_errors"})
    pair(axis, {.mtu = 1400}, {.mtu = 1400, .mtu_errors = false});
  return all;
}

TEST(CertificateIpv6, NamesTheAxisByWhichAMutantDiffers) {
  for (const Ipv6Mutant& mutant : ipv6_mutants()) {
    const auto certificate = certify_office(mutant.declared, mutant.built);
    EXPECT_TRUE(differing_axes(certificate).contains(mutant.axis))
        << mutant.axis << story_of(certificate);
  }
}

/// What no field of a scenario says: a gateway of the fabric cannot do otherwise.
TEST(CertificateIpv6, AFirewallThatFailsADutyIsNotCertified) {
  const std::vector<std::pair<std::string, std::string MeasuredBehaviour::*>> duties{
      {"ipv6_translation", &MeasuredBehaviour::translation},
      {"ipv6_unsolicited_syn", &MeasuredBehaviour::unsolicited_syn},
      {"ipv6_simultaneous_open", &MeasuredBehaviour::simultaneous_open},
      {"ipv6_icmp_query", &MeasuredBehaviour::icmp_query},
      {"ipv6_fragments", &MeasuredBehaviour::fragments}};
  std::set<std::string> covered;
  for (const auto& [axis, field] : duties) {
    covered.insert(axis);
    for (const auto* word : {"answered", "fails", "lost", "napt", "?"}) {
      MeasuredBehaviour measured;
      measured.*field = word;
      const auto axes = compare_ipv6({}, measured);
      EXPECT_FALSE(std::ranges::find(axes, axis, &AxisResult::axis)->as_declared) << axis;
    }
  }
  for (const Ipv6Mutant& mutant : ipv6_mutants())
    covered.insert(mutant.axis);
  for (const auto& axis : compare_ipv6({}, {}))
    EXPECT_TRUE(covered.contains(axis.axis)) << axis.axis;
}

TEST(CertificateIpv6, NothingMeasuredIsNothingCertified) {
  for (const auto& axis : compare_ipv6({}, MeasuredBehaviour{}))
    EXPECT_FALSE(axis.as_declared) << axis.axis;
}

TEST(PairingsOfBrokenIpv6, LeaveIpv4) {
  auto network = office({.ipv6 = Ipv6::dropped});
  network.cards.push_back(network.cards[0]);
  network.cards[1].machine = "b";
  const Abilities vpn{.punches_udp = true, .uses_ipv6 = true};
  const auto families = pairings_of(network, "a", "b", {}, vpn);
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].lost_at, "");
  EXPECT_EQ(families[1].lost_at, "fw");
  const auto found = oracle::expect({families[1]}, vpn);
  EXPECT_EQ(found.path, PathKind::unreachable);
  EXPECT_NE(found.reason.find("fw announces IPv6"), std::string::npos) << found.reason;
}

TEST(CertificateIpv6, IsMeasuredFromWhicheverSideInsideHasIt) {
  const Behaviour open{.ipv6 = Ipv6::open};
  const auto good = certify_network(office_beside_ipv4(open), office_beside_ipv4(open), 5).at(0);
  EXPECT_TRUE(good.certified()) << story_of(good);
  const auto bad = certify_network(office_beside_ipv4(open), office_beside_ipv4({}), 5).at(0);
  EXPECT_FALSE(bad.certified());
}

} // namespace
} // namespace hermesh
