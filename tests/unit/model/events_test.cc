// SPDX-License-Identifier: MIT
//
// Events of a scenario, and what of a topology they happen to.
#include "base/error.hh"
#include "model/catalog.hh"
#include "model/network.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

Catalog shipped() {
  const fs::path source = HERMESH_TEST_SOURCE_DIR;
  return Catalog({.topologies = source / "vm-topologies",
                  .scenarios = source / "nat-scenarios",
                  .vpns = source / "vpns"});
}

/// The complaint about a pair, or empty.
std::string complaint(const std::string& topology, const EventSpec& event) {
  const auto catalog = shipped();
  const auto places = catalog.topology(topology);
  Scenario scenario{.name = "x"};
  for (const auto& gateway : places.gateways)
    scenario.gateways.push_back({.gateway = gateway.name});
  scenario.events = {event};
  try {
    bind(places, scenario, {}, 1);
    return "";
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(ModelEvents, EveryKindHasItsNameAndItsTraits) {
  for (const auto kind : event_kinds) {
    EXPECT_EQ(event_traits(kind).kind, kind);
    EXPECT_FALSE(to_string(kind).empty());
  }
}

TEST(ModelEvents, WhatDoesNotFitIsNotApplicable) {
  const std::string start = "scenario 'x' is not applicable to topology 'nat-nat': event 1 (";
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::nat_reboot, .gateway = "home-a"}), "");
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::nat_reboot, .gateway = "home_a"}),
            start + "nat-reboot): there is no gateway 'home_a' (did you mean 'home-a'?)");
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::wan_change, .role = "carrier"}),
            start + "wan-change): there is no gateway of role 'carrier'");
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::sleep, .machine = "z"}),
            start + "sleep): there is no machine 'z' (did you mean 'a'?)");
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::link_loss, .segment = "lan-c"}),
            start + "link-loss): there is no segment 'lan-c' (did you mean 'lan-a'?)");
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::roam, .machine = "a", .to = "mobile"}),
            start + "roam): there is no segment 'mobile' to go to");
  EXPECT_EQ(complaint("nat-nat", {.kind = EventKind::rebind, .machine = "r"}),
            start + "rebind): there is no gateway in front of machine 'r'");
  EXPECT_NE(complaint("double-nat", {.kind = EventKind::link_loss, .segment = "carrier"}), "");
}

TEST(ModelEvents, WhatCannotChangeIsNotApplicable) {
  const auto catalog = shipped();
  const auto places = catalog.topology("nat-nat");
  const auto bound_with = [&](nat::Translating translating, EventKind kind) {
    Scenario scenario{.name = "x"};
    scenario.gateways = {{.role = "home", .behaviour = {.translating = translating}}};
    EventSpec event{.kind = kind};
    (event_traits(kind).gateways ? event.gateway : event.machine) =
        event_traits(kind).gateways ? "home-a" : "a";
    scenario.events = {event};
    bind(places, scenario, {}, 1);
  };
  using enum nat::Translating;
  EXPECT_NO_THROW(bound_with(napt, EventKind::rebind));
  EXPECT_THROW(bound_with(one_to_one, EventKind::rebind), InputError);
  EXPECT_NO_THROW(bound_with(one_to_one, EventKind::wan_change));
  EXPECT_THROW(bound_with(none, EventKind::wan_change), InputError);
}

TEST(ModelEvents, NobodySeesAGatewayThatLetsNoUdpOut) {
  const auto places = shipped().topology("nat-nat");
  Scenario scenario{.name = "x"};
  scenario.gateways = {{.role = "home", .behaviour = {.udp_out = nat::OutPolicy::none()}}};
  for (const auto& event : {EventSpec{.kind = EventKind::nat_reboot, .gateway = "home-a"},
                            EventSpec{.kind = EventKind::rebind, .machine = "a"}}) {
    scenario.events = {event};
    EXPECT_THROW(bind(places, scenario, {}, 1), InputError);
  }
}

TEST(ModelEvents, ALinkMustChangeByMoreThanItsProfileHides) {
  const auto places = shipped().topology("nat-nat");
  Scenario scenario{.name = "x"};
  scenario.gateways = {{.role = "home"}};
  scenario.events = {{.kind = EventKind::path_change, .machine = "a", .link = {.loss_percent = 5}}};
  EXPECT_NO_THROW(bind(places, scenario, {}, 1));
  EXPECT_NO_THROW(bind(places, scenario, {.loss_percent = 1}, 1));
  EXPECT_THROW(bind(places, scenario, {.loss_percent = 2.5}, 1), InputError);
  scenario.events[0].link = {.delay = 25ms};
  EXPECT_NO_THROW(bind(places, scenario, {.delay = 6ms}, 1));
  EXPECT_THROW(bind(places, scenario, {.delay = 20ms}, 1), InputError);
}

TEST(ModelEvents, LossesAreToldApartByEnoughQuestions) {
  const auto none_or_some = loss_test(0, 0.05);
  EXPECT_NEAR(none_or_some.questions, 182.6, 0.1);
  EXPECT_GT(none_or_some.divide, 1 / none_or_some.questions) << "one may be lost by chance";
  EXPECT_LT(none_or_some.divide, 2 / none_or_some.questions);
  for (const auto& [usual, changed] :
       {std::pair{0.01, 0.0}, {0.025, 0.0}, {0.01, 1.0}, {1.0, 0.2}}) {
    const auto divide = loss_test(usual, changed).divide;
    EXPECT_GT(divide, std::min(usual, changed));
    EXPECT_LT(divide, std::max(usual, changed));
  }
  const auto close = loss_test(0.025, 0.05);
  EXPECT_GT(close.questions, LossTest::most_questions);
  EXPECT_GT(close.divide, 0.025);
  EXPECT_LT(close.divide, 0.05);
  EXPECT_GT(loss_test(0.1, 0.1).questions, 1e9);
  EXPECT_EQ(loss_test(0, 1).questions, 1);
}

TEST(ModelEvents, ARoleIsEverybodyOfIt) {
  const auto places = shipped().topology("double-nat");
  EXPECT_EQ(targets_of({.kind = EventKind::nat_reboot, .role = "home"}, places),
            (std::vector<std::string>{"home-a", "home-b"}));
  EXPECT_EQ(targets_of({.kind = EventKind::rebind, .role = "peer"}, places),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(
      targets_of({.kind = EventKind::rebind, .role = "peer"}, shipped().topology("nat-public")),
      (std::vector<std::string>{"a"}));
}

TEST(ModelEvents, EachKindHasAShippedScenarioThatFitsSomewhere) {
  const auto catalog = shipped();
  for (const auto kind : event_kinds) {
    const auto scenario = catalog.scenario("event-" + to_string(kind));
    ASSERT_FALSE(scenario.events.empty()) << scenario.name;
    EXPECT_EQ(scenario.events.front().kind, kind);
    EXPECT_FALSE(scenario.stands_for.empty());
    EXPECT_FALSE(scenario.source.empty());
    const auto place = kind == EventKind::roam ? "mobile-roam" : "nat-nat";
    EXPECT_NO_THROW(bind(catalog.topology(place), scenario, {}, 1)) << scenario.name;
  }
}

} // namespace
} // namespace hermesh
