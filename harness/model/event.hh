// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "model/profile.hh"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// What may happen to a network while a VPN runs.
enum class EventKind : std::uint8_t {
  nat_reboot,    ///< a gateway loses its power: away for a while, knows nothing, other ports
  rebind,        ///< a gateway forgets what it has of one machine, and gives others
  wan_change,    ///< a gateway has another address outside
  link_flap,     ///< a machine's cards lose their carrier for a while: its system sees it
  link_loss,     ///< nothing passes a machine's cards or a segment for a while, and nobody is told
  roam,          ///< a machine's first card goes to another segment: new address, new gateway
  sleep,         ///< a machine is stopped for a while; its clock is set right after it
  relay_reset,   ///< the VPN's program on a relay is killed: whoever asks is told so
  relay_silence, ///< a relay is there no more: nobody is told
  udp_block,     ///< a gateway lets no UDP through, what was established neither
  path_change,   ///< a machine's cards get another profile: latency, loss, rate
  table_full,    ///< a gateway has no entry left for anything new
  port_mapping_restart, ///< a gateway's leases and their epoch are gone, flows go on
};
inline constexpr std::array event_kinds{EventKind::nat_reboot,
                                        EventKind::rebind,
                                        EventKind::wan_change,
                                        EventKind::link_flap,
                                        EventKind::link_loss,
                                        EventKind::roam,
                                        EventKind::sleep,
                                        EventKind::relay_reset,
                                        EventKind::relay_silence,
                                        EventKind::udp_block,
                                        EventKind::path_change,
                                        EventKind::table_full,
                                        EventKind::port_mapping_restart};
std::string to_string(EventKind kind); ///< "nat-reboot", "rebind", ...

/// One entry of a scenario's timeline.
struct EventSpec {
  EventKind kind = EventKind::nat_reboot;
  Duration at{0};                  ///< since the timeline began (nat-scenarios/README.md)
  std::optional<Duration> lasts{}; ///< empty: it is a step, or lasts to the end of the timeline
  // To whom. Which of them may be set depends on the kind (event_traits).
  std::string role{}; ///< all gateways, or all machines, of that role
  std::string gateway{};
  std::string machine{};
  std::string segment{};
  std::string to{}; ///< roam: the segment
  Profile link{};   ///< path_change: the profile from then on

  bool operator==(const EventSpec&) const = default;
};

/// What an event of a kind is about.
struct EventTraits {
  EventKind kind;
  std::string_view name;
  bool gateways = false; ///< `role` and `gateway` name gateways; else `role` and `machine` machines
  bool segments = false; ///< may name a segment instead
  std::optional<Duration> lasts{}; ///< when the file does not say
  bool is_step = false;            ///< has no length
};
const EventTraits& event_traits(EventKind kind);

/// "nat-reboot of home-a": for people.
std::string event_title(EventKind kind, const std::string& target);

struct Topology;
struct Scenario;
struct Network;
/// How many questions tell a link that loses `usual` of them from one that loses `changed` (shares,
/// 0 to 1), and the share of lost ones that divides the two: each is taken for the other once in a
/// thousand times (a normal approximation of the binomial distribution).
struct LossTest {
  static constexpr unsigned most_questions = 1000;

  double questions = 1; ///< may be more than anybody can ask; infinite where both are equal
  double divide = 0;
};
LossTest loss_test(double usual, double changed);

/// By what a link that changes from one profile to another can be told.
struct PathStep {
  Duration latency{0}; ///< zero: too little
  bool loss = false;
  LossTest test{};
};
PathStep path_step(const Profile& usual, const Profile& changed);

/// Every event finds what it is about in the topology, and can change it. Throws InputError ("not
/// applicable").
void check_events(const Network& network, const Topology& topology, const Scenario& scenario);
/// The gateways, machines or segments by name that an event happens to. Of a rebind
/// the machines that have a gateway.
std::vector<std::string> targets_of(const EventSpec& event, const Topology& topology);

} // namespace hermesh
