// SPDX-License-Identifier: MIT
// What theory expects of a VPN by its abilities, and how far it binds it.
#include "packets.hh"
#include "scenes.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;
using nat::Behaviour;

const Behaviour cone{.mapping = endpoint_independent, .filtering = address_and_port_dependent};
const Behaviour symmetric{.mapping = address_and_port_dependent,
                          .filtering = address_and_port_dependent,
                          .ports = nat::PortAssignment::random};
const Behaviour no_udp{.udp_out = nat::OutPolicy::none()};
const Behaviour web_only{.udp_out = nat::OutPolicy::none(), .tcp_out = {.only = {{443}}}};
const Abilities puncher{.punches_udp = true, .relays = true};
const Side open{};

Expectation ask(const Side& a, const Side& b, const Abilities& abilities = puncher) {
  return expect(a, b, open, abilities);
}

Expectation ask(const Scene& scene, const Abilities& abilities = puncher) {
  return ask(side_a(scene), side_b(scene), abilities);
}

bool says(const Expectation& expectation, const std::string& words) {
  return expectation.reason.find(words) != std::string::npos;
}

TEST(Certainty, GoesWithThePath) {
  EXPECT_EQ(ask({{cone}}, {{cone}}).certainty, Certainty::must_direct);
  EXPECT_EQ(ask({{symmetric}}, {{cone}}).certainty, Certainty::must_relay);
  EXPECT_EQ(ask({{symmetric}}, {{cone}}, {.punches_udp = true}).certainty, Certainty::must_fail);
}

TEST(Certainty, ArbitraryPoolingLeavesToLuckWhatAFilterAsksOfTheAddress) { // RFC 4787 REQ-2
  Behaviour pool = symmetric;
  pool.external_addresses = 4;
  const Behaviour address_filter{.filtering = address_dependent};
  EXPECT_EQ(ask({{pool}}, {{address_filter}}).certainty, Certainty::must_direct) << "paired";
  pool.pooling = nat::Pooling::arbitrary;
  const auto drawn = ask({{pool}}, {{address_filter}});
  EXPECT_EQ(drawn.certainty, Certainty::may);
  EXPECT_EQ(drawn.path, PathKind::relayed);
  EXPECT_TRUE(says(drawn, "RFC 4787 REQ-2")) << drawn.reason;
  EXPECT_EQ(ask({{pool}}, {{cone}}).certainty, Certainty::must_relay) << "luck cannot help";
  pool.mapping = endpoint_independent;
  EXPECT_EQ(ask({{pool}}, {{cone}}).certainty, Certainty::must_direct) << "one socket, one mapping";
}

TEST(Certainty, PortsThatCanBeGuessedCountForWhoGuesses) { // RFC 5128 section 3.5
  Abilities guesser = puncher;
  guesser.predicts_ports = true;
  for (const auto ports : {nat::PortAssignment::sequential_up,
                           nat::PortAssignment::sequential_down,
                           nat::PortAssignment::block}) {
    Behaviour counting = symmetric;
    counting.ports = ports;
    EXPECT_EQ(ask({{counting}}, {{cone}}).certainty, Certainty::must_relay);
    EXPECT_EQ(ask({{counting}}, {{cone}}, guesser).certainty, Certainty::may);
  }
  EXPECT_EQ(ask({{symmetric}}, {{cone}}, guesser).certainty, Certainty::must_relay);
}

TEST(Certainty, SharedPortsClashOnlyWhereTwoHostsAreBehindThem) { // RFC 4787 REQ-3
  Behaviour masquerade{.mapping = address_and_port_dependent,
                       .filtering = address_and_port_dependent,
                       .overload_ports = true};
  EXPECT_EQ(ask({{masquerade}}, {{masquerade}}).certainty, Certainty::must_direct);
  EXPECT_TRUE(
      PunchWorld({.a = {masquerade}, .b = {masquerade}}, 1).punch(PunchWorld::Order::crossing));
  masquerade.hairpin = nat::Hairpin::external_source;
  const auto shared = ask({.shared = {masquerade}});
  EXPECT_EQ(shared.certainty, Certainty::may) << shared.reason;
  EXPECT_TRUE(says(shared, "RFC 4787 REQ-3")) << shared.reason;
  for (const bool one_port : {true, false})
    EXPECT_EQ(PunchWorld({.shared = {masquerade}, .one_port = one_port}, 1)
                  .punch(PunchWorld::Order::crossing),
              !one_port);
}

TEST(Certainty, PortsBlocksAndTimersChangeNothingForOneHost) {
  Behaviour odd = cone;
  odd.timers.udp_unreplied = odd.timers.udp_stream = std::chrono::seconds{15};
  odd.ports = nat::PortAssignment::block;
  EXPECT_EQ(ask({{odd}}, {{odd}}), ask({{cone}}, {{cone}}));
}

TEST(Certainty, AnAbsoluteLifetimeOnlyInterrupts) {
  Behaviour carrier = cone;
  carrier.absolute_lifetime = std::chrono::minutes{5};
  const auto e = ask({{cone, carrier}}, {{cone}});
  EXPECT_EQ(e.certainty, Certainty::must_direct);
  EXPECT_TRUE(says(e, "A's gateway 2")) << e.reason;
}

TEST(SharedGateway, TheHairpinDecides) {
  Behaviour carrier = cone;
  const auto with = [&](nat::Hairpin hairpin) {
    carrier.hairpin = hairpin;
    return ask({.a = {cone}, .b = {cone}, .shared = {carrier}});
  };
  EXPECT_EQ(with(nat::Hairpin::off).certainty, Certainty::must_relay);
  EXPECT_TRUE(says(with(nat::Hairpin::off), "RFC 4787 section 6"));
  EXPECT_EQ(with(nat::Hairpin::external_source).certainty, Certainty::must_direct);
  carrier.filtering = endpoint_independent;
  EXPECT_EQ(with(nat::Hairpin::internal_source).certainty, Certainty::must_relay);
  EXPECT_TRUE(says(with(nat::Hairpin::internal_source), "REQ-9a"));
  EXPECT_EQ(ask({.shared = {carrier}}).certainty, Certainty::must_direct)
      << "nothing filters further in";
}

TEST(SharedGateway, OneLanIsLocalForWhoOffersItsOwnAddress) {
  Abilities neighbour = puncher;
  neighbour.offers_local_addresses = true;
  const Scene lan{.shared = {symmetric}};
  EXPECT_EQ(ask(lan).path, PathKind::relayed);
  EXPECT_EQ(ask(lan, neighbour).path, PathKind::local);
  const Scene homes{.a = {cone}, .b = {cone}, .shared = {symmetric}};
  EXPECT_EQ(ask(homes, neighbour).path, PathKind::relayed);
  const Scene one_home{.a = {cone}, .shared = {symmetric}};
  EXPECT_EQ(ask(one_home, neighbour).path, PathKind::direct) << "B's own address is A's carrier's";
}

TEST(SharedGateway, OneToOneNeedsAnAddressForEachHost) { // RFC 3022 section 2.1
  Behaviour basic{.translating = nat::Translating::one_to_one,
                  .filtering = endpoint_independent,
                  .hairpin = nat::Hairpin::external_source};
  EXPECT_EQ(ask({.shared = {basic}}).path, PathKind::unreachable);
  EXPECT_FALSE(PunchWorld({.shared = {basic}}, 1).punch(PunchWorld::Order::a_first));
  basic.external_addresses = 2;
  EXPECT_EQ(ask({.shared = {basic}}).path, PathKind::direct);
  EXPECT_TRUE(PunchWorld({.shared = {basic}}, 1).punch(PunchWorld::Order::a_first));
}

TEST(Transports, OnlyHttpsLeavesARelay) {
  Abilities both = puncher;
  both.transports = {"udp", "tcp"};
  EXPECT_EQ(ask({{web_only}}, {{cone}}).path, PathKind::unreachable);
  EXPECT_EQ(ask({{web_only}}, {{cone}}, both).path, PathKind::relayed);
}

TEST(Transports, TcpIsPunchedByWhoCan) { // RFC 5128 section 3.4
  Abilities both = puncher;
  both.transports = {"udp", "tcp"};
  EXPECT_EQ(ask({{no_udp}}, {{cone}}, both).path, PathKind::relayed);
  both.punches_tcp = true;
  EXPECT_EQ(ask({{no_udp}}, {{cone}}, both).path, PathKind::direct);
  EXPECT_EQ(ask({{no_udp}}, {{symmetric}}, both).path, PathKind::relayed);
  EXPECT_EQ(ask({{web_only}}, {{cone}}, both).path, PathKind::relayed);
}

TEST(Transports, TcpTakesNoAnswerFromAnotherEndpoint) {
  const Behaviour strict{.mapping = nat::Dependence::address_dependent,
                         .filtering = nat::Dependence::endpoint_independent,
                         .flows = nat::FlowRule::strict};
  EXPECT_EQ(ask({{strict}}, {{strict}}).path, PathKind::direct);
  Abilities by_tcp = puncher;
  by_tcp.punches_udp = false;
  by_tcp.punches_tcp = true;
  by_tcp.transports = {"tcp"};
  const auto expected = ask({{strict}}, {{strict}}, by_tcp);
  EXPECT_EQ(expected.path, PathKind::relayed);
  EXPECT_TRUE(expected.reason.starts_with("the answer to a SYN")) << expected.reason;
}

TEST(Families, TheBestIsTaken) {
  const Behaviour firewall{.translating = nat::Translating::none};
  const Pairing v4{.family = "IPv4", .a = {{symmetric}}, .b = {{symmetric}}, .relay = open};
  const Pairing v6{.family = "IPv6", .a = {{firewall}}, .b = {{firewall}}, .relay = open};
  EXPECT_EQ(expect({v4}, puncher).path, PathKind::relayed);
  const auto best = expect({v4, v6}, puncher);
  EXPECT_EQ(best.path, PathKind::direct);
  EXPECT_TRUE(best.reason.starts_with("by IPv6: ")) << best.reason;
  EXPECT_EQ(expect({v6, v4}, puncher), best);
  EXPECT_EQ(expect(std::vector<Pairing>{}, puncher).certainty, Certainty::must_fail);
}

TEST(Families, OneThatIsAnnouncedAndLostCountsForNothing) {
  const Pairing v4{.family = "IPv4", .a = {{cone}}, .b = {{cone}}, .relay = open};
  Pairing v6 = v4;
  v6.family = "IPv6";
  v6.lost_at = "home-a";
  EXPECT_EQ(expect({v6}, puncher).certainty, Certainty::must_fail);
  EXPECT_NE(expect({v6}, puncher).reason.find("home-a announces IPv6"), std::string::npos);
  EXPECT_TRUE(expect({v6, v4}, puncher).reason.starts_with("by IPv4: "));
  EXPECT_EQ(expect({v6, v4}, puncher).path, PathKind::direct);
}

/// The last step tells how it ends: nothing refused on the way that the explanation followed.
bool ends_well(const std::vector<Step>& steps) {
  const auto& text = steps.back().text;
  const auto has = [&](const char* words) { return text.find(words) != std::string::npos; };
  return !has("refuse") && !has("drops") && !has("know nothing") && !has("no punch");
}

TEST(Explanation, EndsAsTheFormulaDoes) {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    const Scene scene = SceneDraw(seed).scene();
    const auto steps = explain(side_a(scene), side_b(scene));
    ASSERT_EQ(ends_well(steps), direct(side_a(scene), side_b(scene)))
        << "seed " << seed << describe(scene) << "\n"
        << steps.back().text;
  }
}

TEST(Expectations, OfAllScenesAreOneSentenceThatNamesAnRfc) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const auto e = ask(SceneDraw(seed).scene_with_policies());
    EXPECT_TRUE(says(e, "RFC ")) << e.reason;
    EXPECT_FALSE(says(e, ". ")) << e.reason;
  }
}

} // namespace
} // namespace hermesh::oracle
