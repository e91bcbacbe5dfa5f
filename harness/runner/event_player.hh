// SPDX-License-Identifier: MIT
#pragma once

#include "report/result.hh"
#include "runner/event_check.hh"
#include "runner/path_phase.hh"
#include "runner/trial_spec.hh"
#include "runner/vpn_nodes.hh"

#include <filesystem>
#include <vector>

namespace hermesh {

struct PlayedTimeline {
  std::vector<EventResult> events;
  Network network; ///< as the events left it: who moved is elsewhere
};

/// Plays a scenario's events while the probes go on: each is measured, begun, watched, taken back
/// and measured again, before the next begins. What lasts to the end of the timeline is taken back
/// there. Afterwards it watches until the path is back, for a bounded time.
PlayedTimeline play_events(Lab& lab,
                           const TrialSpec& spec,
                           VpnNodes& nodes,
                           PathPhase& probing,
                           const std::filesystem::path& captures,
                           Progress& progress);

/// One event at one target.
struct PlayedEvent {
  EventSpec spec;
  std::string target;
  Intervention intervention;
  EventCheck check;
  Time in_effect{0}; ///< filled in: it has begun
};

/// "a", "segment lan-a".
std::string target_word(const EventSpec& event, const std::string& target);

/// How long the steps of an event take.
struct EventPatience {
  Duration look = std::chrono::milliseconds{100}; ///< between two looks
  Duration stays = std::chrono::seconds{2};  ///< a look at what has no end before the next event
  Duration shows = std::chrono::seconds{15}; ///< for a change to show once the event is over
};

/// Times of the fabric. `path`, `probes_*`, `recovered` and the machines' endpoints are left to the
/// caller.
std::vector<EventResult> play_event(std::vector<PlayedEvent>& at_once,
                                    const EventPatience& patience,
                                    const std::function<Time()>& now,
                                    const std::function<void(Duration)>& pass);

/// What probes went through from `begin` to `end`: how many were sent and lost, and when they were
/// answered again for good (EventResult::recovered).
void add_recovery(EventResult& event, const ProbeTrack& there, const ProbeTrack& back, Time end);

/// The first event that changed nothing makes a trial invalid; the sentence that says so, or empty.
std::string unchanged_event(const std::vector<EventResult>& events);

} // namespace hermesh
