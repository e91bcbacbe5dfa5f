// SPDX-License-Identifier: MIT
#include "model/event.hh"

#include "base/error.hh"
#include "base/suggest.hh"
#include "model/network.hh"
#include "model/topology.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration least_latency_step = 10ms; ///< seen beside what a busy host adds

constexpr std::array all_traits{
    EventTraits{.kind = EventKind::nat_reboot, .name = "nat-reboot", .gateways = true, .lasts = 2s},
    EventTraits{.kind = EventKind::rebind, .name = "rebind", .is_step = true},
    EventTraits{.kind = EventKind::wan_change, .name = "wan-change", .gateways = true, .lasts = 1s},
    EventTraits{.kind = EventKind::link_flap, .name = "link-flap", .lasts = 3s},
    EventTraits{.kind = EventKind::link_loss, .name = "link-loss", .segments = true, .lasts = 3s},
    EventTraits{.kind = EventKind::roam, .name = "roam", .lasts = 1s},
    EventTraits{.kind = EventKind::sleep, .name = "sleep", .lasts = 10s},
    EventTraits{.kind = EventKind::relay_reset, .name = "relay-reset"},
    EventTraits{.kind = EventKind::relay_silence, .name = "relay-silence"},
    EventTraits{.kind = EventKind::udp_block, .name = "udp-block", .gateways = true},
    EventTraits{.kind = EventKind::path_change, .name = "path-change"},
    EventTraits{.kind = EventKind::table_full, .name = "table-full", .gateways = true},
    EventTraits{.kind = EventKind::port_mapping_restart,
                .name = "port-mapping-restart",
                .gateways = true,
                .is_step = true}};
static_assert(all_traits.size() == event_kinds.size());

template <typename Items, typename Matches>
std::vector<std::string> names_where(const Items& items, Matches matches) {
  std::vector<std::string> names;
  for (const auto& item : items)
    if (matches(item)) names.push_back(item.name);
  return names;
}

template <typename Items>
std::vector<std::string> all_names(const Items& items) {
  return names_where(items, [](const auto&) { return true; });
}

bool has_gateway(const MachineSpec& machine, const Topology& topology) {
  return std::ranges::any_of(topology.gateways, [&](const GatewaySpec& gateway) {
    return std::ranges::count(gateway.inside, machine.cards.front().segment, &Attachment::segment) >
           0;
  });
}

const Gateway& gateway_of(const Network& network, const std::string& name) {
  return *std::ranges::find(
      network.gateways, name, [](const Gateway& one) { return one.spec.name; });
}

/// What many questions cannot tell from the link as the trial's profile has it anyway.
std::string indistinct(const EventSpec& event, const Network& network, const std::string& machine) {
  const auto& usual = std::ranges::find(network.cards, machine, &Card::machine)->profile;
  const auto step = path_step(usual, event.link);
  if (step.loss || step.latency != Duration{0}) return {};
  return fmt::format("its delay of {} and loss of {} % are hardly other than the {} and {} % of "
                     "profile '{}'",
                     to_string(event.link.delay),
                     event.link.loss_percent,
                     to_string(usual.delay),
                     usual.loss_percent,
                     usual.name);
}

/// A gateway that translates no ports gives nobody another one, and one that translates nothing has
/// no address to change.
std::string unchangeable(const EventSpec& event, const Network& network, const Topology& topology) {
  const auto is = [](const Gateway& gateway, nat::Translating translating) {
    return gateway.behaviour.translating == translating;
  };
  for (const auto& target : targets_of(event, topology)) {
    if (event.kind == EventKind::path_change)
      if (auto why = indistinct(event, network, target); !why.empty()) return why;
    if (event.kind == EventKind::rebind || event_traits(event.kind).gateways) {
      const auto& gateway = event.kind == EventKind::rebind ? *chain_of(network, target).front()
                                                            : gateway_of(network, target);
      if (event.kind == EventKind::rebind && !is(gateway, nat::Translating::napt))
        return "gateway '" + gateway.spec.name + "' translates no ports";
      if (gateway.behaviour.udp_out.passes_none())
        return "gateway '" + gateway.spec.name + "' lets no UDP out, so nobody could see it";
    }
    if (event.kind == EventKind::port_mapping_restart &&
        gateway_of(network, target).behaviour.port_mapping == nat::PortMapping{})
      return "gateway '" + target + "' maps no ports on request";
    if (event.kind == EventKind::wan_change &&
        is(gateway_of(network, target), nat::Translating::none))
      return "gateway '" + target + "' translates no addresses";
  }
  return {};
}

/// What the event of this topology cannot happen to, and why; empty: it can.
std::string misfit(const EventSpec& event, const Topology& topology) {
  if (targets_of(event, topology).empty()) {
    if (!event.segment.empty())
      return "there is no segment '" + event.segment + "'" +
             did_you_mean(event.segment, all_names(topology.segments));
    const bool gateways = event_traits(event.kind).gateways;
    const std::string what = gateways ? "gateway" : "machine";
    if (!event.role.empty()) return "there is no " + what + " of role '" + event.role + "'";
    const auto& name = gateways ? event.gateway : event.machine;
    if (std::ranges::count(topology.machines, name, &MachineSpec::name) > 0)
      return "there is no gateway in front of machine '" + name + "'";
    return "there is no " + what + " '" + name + "'" +
           did_you_mean(name,
                        gateways ? all_names(topology.gateways) : all_names(topology.machines));
  }
  const auto is_there = [&](const MachineSpec& machine) {
    return std::ranges::count(machine.cards, event.segment, &Attachment::segment) > 0;
  };
  if (!event.segment.empty() && std::ranges::none_of(topology.machines, is_there))
    return "no machine is on segment '" + event.segment + "', so nobody there could be asked";
  if (event.kind != EventKind::roam) return {};
  const auto to = std::ranges::find(topology.segments, event.to, &SegmentSpec::name);
  if (to == topology.segments.end())
    return "there is no segment '" + event.to + "' to go to" +
           did_you_mean(event.to, all_names(topology.segments));
  if (to->dhcp) return "segment '" + event.to + "' has DHCP, whose leases are for those there now";
  return {};
}

} // namespace

LossTest loss_test(double usual, double changed) {
  constexpr double sigmas = 3.1; // one in a thousand
  const auto deviation = [](double share) { return std::sqrt(share * (1 - share)); };
  const double sum = deviation(usual) + deviation(changed);
  const double apart = std::abs(changed - usual);
  if (apart == 0) return {.questions = std::numeric_limits<double>::infinity(), .divide = usual};
  if (sum == 0) return {.questions = 1, .divide = (usual + changed) / 2};
  const double questions = std::max(1.0, std::pow(sigmas * sum / apart, 2));
  // A share without deviation (0 or 1) may still lose, or answer, one question more.
  const double slack = std::min(1.5 / questions, 0.49 * apart);
  return {.questions = questions,
          .divide = std::clamp((usual * deviation(changed) + changed * deviation(usual)) / sum,
                               std::min(usual, changed) + slack,
                               std::max(usual, changed) - slack)};
}

PathStep path_step(const Profile& usual, const Profile& changed) {
  PathStep step{.test = loss_test(usual.loss_percent / 100, changed.loss_percent / 100)};
  step.loss = step.test.questions <= LossTest::most_questions;
  const Duration slower = changed.delay - usual.delay;
  if (std::chrono::abs(slower) >= least_latency_step) step.latency = slower;
  return step;
}

const EventTraits& event_traits(EventKind kind) {
  return *std::ranges::find(all_traits, kind, &EventTraits::kind);
}

std::string to_string(EventKind kind) {
  return std::string(event_traits(kind).name);
}

std::string event_title(EventKind kind, const std::string& target) {
  return to_string(kind) + " of " + target;
}

std::vector<std::string> targets_of(const EventSpec& event, const Topology& topology) {
  if (!event.segment.empty())
    return names_where(topology.segments, [&](const auto& s) { return s.name == event.segment; });
  if (event_traits(event.kind).gateways)
    return names_where(topology.gateways, [&](const GatewaySpec& gateway) {
      return event.gateway.empty() ? gateway.role == event.role : gateway.name == event.gateway;
    });
  return names_where(topology.machines, [&](const MachineSpec& machine) {
    if (event.kind == EventKind::rebind && !has_gateway(machine, topology)) return false;
    return event.machine.empty() ? machine.role == event.role : machine.name == event.machine;
  });
}

void check_events(const Network& network, const Topology& topology, const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.events.size(); ++i) {
    auto why = misfit(scenario.events[i], topology);
    if (why.empty()) why = unchangeable(scenario.events[i], network, topology);
    if (!why.empty())
      throw InputError("scenario '" + scenario.name + "' is not applicable to topology '" +
                       topology.name + "': event " + std::to_string(i + 1) + " (" +
                       to_string(scenario.events[i].kind) + "): " + why);
  }
}

} // namespace hermesh
