// SPDX-License-Identifier: MIT
#include "oracle/formula.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

namespace hermesh::oracle {

void PrintTo(const Expectation& e, std::ostream* out) {
  *out << to_string(e.path) << ": " << e.reason;
}

namespace {

using enum nat::Dependence;
using nat::Behaviour;

const Behaviour cone{.mapping = endpoint_independent, .filtering = address_and_port_dependent};
const Behaviour full_cone{.mapping = endpoint_independent, .filtering = endpoint_independent};
const Behaviour symmetric{.mapping = address_and_port_dependent,
                          .filtering = address_and_port_dependent};
const Behaviour no_udp{.udp_out = nat::OutPolicy::none()};

Behaviour strict(Behaviour layer) {
  layer.flows = nat::FlowRule::strict;
  return layer;
}

using Pair = std::pair<std::string, std::string>;

std::set<Pair> direct_cells(Form form) {
  std::set<Pair> cells;
  for (const Cell& cell : table(form))
    if (cell.path == PathKind::direct) cells.insert({cell.a, cell.b});
  return cells;
}

TEST(OracleTable, HasTheOrderThatItPromises) {
  const auto cells = table(Form::reuse);
  ASSERT_EQ(cells.size(), 81U);
  EXPECT_EQ(cells[0], (Cell{"EIM/EIF", "EIM/EIF", PathKind::direct}));
  EXPECT_EQ(cells[1].b, "EIM/ADF");
  EXPECT_EQ(cells[9].a, "EIM/ADF");
  EXPECT_EQ(cells[80], (Cell{"APDM/APDF", "APDM/APDF", PathKind::relayed}));
}

TEST(OracleTable, FiftySevenOfEightyOneAreDirectWithFlowReuse) {
  EXPECT_EQ(direct_cells(Form::reuse).size(), 57U);
}

TEST(OracleTable, FortyFiveAreDirectInStrictForm) {
  EXPECT_EQ(direct_cells(Form::strict).size(), 45U);
}

TEST(OracleTable, TheFormsDifferInExactlyTheTwelveKnownCells) {
  std::set<Pair> known;
  for (const char* receiver : {"ADM/EIF", "APDM/EIF"})
    for (const char* other : {"EIM/APDF", "ADM/APDF", "APDM/APDF"}) {
      known.insert({receiver, other});
      known.insert({other, receiver});
    }
  const auto reuse = direct_cells(Form::reuse);
  const auto strictly = direct_cells(Form::strict);
  std::set<Pair> differ;
  std::ranges::set_symmetric_difference(reuse, strictly, std::inserter(differ, differ.end()));
  EXPECT_EQ(known.size(), 12U);
  EXPECT_EQ(differ, known);
}

TEST(OracleTable, IsSymmetric) {
  for (const Form form : {Form::reuse, Form::strict}) {
    const auto cells = direct_cells(form);
    for (const auto& [a, b] : cells)
      EXPECT_TRUE(cells.contains({b, a})) << a << ' ' << b;
  }
}

TEST(OracleChains, APublicHostIsDirectWithEverything) {
  for (const auto mapping : {endpoint_independent, address_dependent, address_and_port_dependent})
    for (const auto filtering :
         {endpoint_independent, address_dependent, address_and_port_dependent})
      for (const Form form : {Form::reuse, Form::strict})
        EXPECT_TRUE(direct({}, {{{.mapping = mapping, .filtering = filtering}}}, form));
}

TEST(OracleChains, AnInnerAddressFilterBehindAnOuterSymmetricMappingStillKnowsTheAddress) {
  // Where "the strictest grade per axis" is wrong: the inner ADF sees the address that it
  // contacted.
  const Side layered{{{.mapping = endpoint_independent, .filtering = address_dependent},
                      {.mapping = address_and_port_dependent, .filtering = endpoint_independent}}};
  const Side strictest{{{.mapping = address_and_port_dependent, .filtering = address_dependent}}};
  EXPECT_TRUE(receives(layered, {{symmetric}}));
  EXPECT_FALSE(receives(strictest, {{symmetric}}));
}

TEST(OracleChains, AnOuterAddressFilterBehindAnInnerSymmetricMappingDoesNot) {
  const Side layered{{{.mapping = address_and_port_dependent, .filtering = endpoint_independent},
                      {.mapping = endpoint_independent, .filtering = address_dependent}}};
  EXPECT_FALSE(receives(layered, {{symmetric}}));
}

TEST(OracleChains, HomeBehindCarrierAllCone) {
  EXPECT_TRUE(direct({{cone}}, {{cone, cone}}, Form::reuse));
  EXPECT_TRUE(direct({{cone}}, {{cone, cone}}, Form::strict));
  EXPECT_FALSE(direct({{cone}}, {{cone, symmetric}}, Form::reuse));
}

TEST(OracleChains, OneStrictLayerAmongReusingOnesDecidesOnlyIfItMapsPerRemote) {
  const Behaviour open_symmetric{.mapping = address_and_port_dependent,
                                 .filtering = endpoint_independent};
  EXPECT_TRUE(direct({{open_symmetric}}, {{strict(cone)}}));
  EXPECT_FALSE(direct({{strict(open_symmetric)}}, {{cone}}));
  EXPECT_TRUE(direct({{open_symmetric, strict(full_cone)}}, {{cone}}));
  EXPECT_EQ(form_of({{cone}}, {{strict(cone)}}), Form::strict);
  EXPECT_EQ(form_of({{cone}}, {{cone}}), Form::reuse);
}

// The trials that the lab must reproduce on real guests.
const Abilities internal{.uses_known_endpoints = true};
const Abilities& wireguard = internal;
const Abilities nebula{.punches_udp = true, .relays = true, .uses_known_endpoints = true};
const Abilities nebula_no_relay{.punches_udp = true, .uses_known_endpoints = true};
const Side open{};

PathKind path(const Side& a, const Side& b, const Abilities& abilities) {
  return expect(a, b, open, abilities).path;
}

TEST(OracleExpectation, TheEightTrials) {
  EXPECT_EQ(path(open, open, internal), PathKind::direct);
  EXPECT_EQ(path({{cone}}, {{cone}}, internal), PathKind::unreachable);
  EXPECT_EQ(path({{cone}}, open, wireguard), PathKind::direct);
  EXPECT_EQ(path({{cone}}, {{cone}}, wireguard), PathKind::unreachable);
  EXPECT_EQ(path({{cone}}, {{cone, cone}}, nebula), PathKind::direct);
  EXPECT_EQ(path({{symmetric}}, {{symmetric}}, nebula), PathKind::relayed);
  EXPECT_EQ(path({{symmetric}}, {{symmetric}}, nebula_no_relay), PathKind::unreachable);
  EXPECT_EQ(path({{no_udp}}, open, nebula), PathKind::unreachable);
}

TEST(OracleExpectation, DialingWorksFromEitherSide) {
  EXPECT_EQ(path(open, {{symmetric}}, wireguard), PathKind::direct);
  EXPECT_EQ(path({{symmetric}}, open, wireguard), PathKind::direct);
}

TEST(OracleExpectation, BlockedUdpOnAnyLayerBlocksTheSide) {
  for (const Side& blocked : {Side{{no_udp, cone}}, Side{{cone, no_udp}}}) {
    EXPECT_EQ(path(blocked, {{cone}}, nebula), PathKind::unreachable);
    EXPECT_EQ(path({{cone}}, blocked, nebula), PathKind::unreachable);
    EXPECT_EQ(path(open, blocked, wireguard), PathKind::unreachable);
  }
}

TEST(OracleExpectation, ARelayOverTcpSurvivesBlockedUdp) {
  Abilities both = nebula;
  both.transports = {"udp", "tcp"};
  EXPECT_EQ(path({{no_udp}}, {{cone}}, both), PathKind::relayed);
}

TEST(OracleExpectation, ARelayOverTcpNeedsAPortThatIsLetOut) {
  Abilities both = nebula;
  both.transports = {"udp", "tcp"};
  const nat::OutPolicy web{.only = {{443}}};
  EXPECT_EQ(path({{{.udp_out = web, .tcp_out = web}}}, {{cone}}, both), PathKind::relayed);
  const Behaviour nothing{.udp_out = nat::OutPolicy::none(), .tcp_out = nat::OutPolicy::none()};
  EXPECT_EQ(path({{nothing}}, {{cone}}, both), PathKind::unreachable);
}

TEST(OracleExpectation, WithoutAReachableIntroducerNobodyPunches) {
  const Side home{{cone}};
  EXPECT_EQ(expect(home, home, home, nebula).path, PathKind::unreachable);
  EXPECT_EQ(expect(home, home, std::nullopt, nebula).path, PathKind::unreachable);
}

TEST(OracleExpectation, StrictGatewaysAreReckonedWith) {
  const Behaviour open_symmetric{.mapping = address_and_port_dependent,
                                 .filtering = endpoint_independent};
  EXPECT_EQ(path({{open_symmetric}}, {{cone}}, nebula), PathKind::direct);
  EXPECT_EQ(path({{strict(open_symmetric)}}, {{cone}}, nebula), PathKind::relayed);
}

TEST(OracleExpectation, EveryReasonIsOneSentenceAndNamesAnRfc) {
  const std::vector<Side> sides{
      open,
      {{cone}},
      {{symmetric}},
      {{no_udp}},
      {{full_cone, strict(cone)}},
      {{strict({.mapping = address_dependent, .filtering = endpoint_independent})}}};
  for (const Side& a : sides)
    for (const Side& b : sides)
      for (const Side& relay : {open, Side{{cone}}})
        for (const Abilities& abilities : {internal, nebula, nebula_no_relay, Abilities{}}) {
          const auto e = expect(a, b, relay, abilities);
          EXPECT_NE(e.reason.find("RFC "), std::string::npos) << e.reason;
          EXPECT_EQ(e.reason.find('\n'), std::string::npos);
          EXPECT_EQ(e.reason.find(". "), std::string::npos) << e.reason;
        }
}

} // namespace
} // namespace hermesh::oracle
