// SPDX-License-Identifier: MIT
#pragma once

#include "runner/knocker.hh"
#include "runner/machine_events.hh"

#include <memory>

namespace hermesh {

/// Is a machine there, as a neighbour on its segment sees it: before, meanwhile, afterwards. For
/// events in which a machine is away: link-flap, link-loss, sleep, relay-silence, relay-reset.
EventCheck presence_check(const EventSpec& event, EventWorld& world, const std::string& target);

/// What a machine's cards do to packets: latency and loss by many questions, before and while
/// (path-change).
EventCheck latency_check(const EventSpec& event, EventWorld& world, const std::string& target);

/// Where a machine is: its old segment and its new one, its endpoint as others see it (roam), and
/// of a rebind that endpoint alone.
EventCheck endpoint_check(const EventSpec& event, EventWorld& world, const std::string& target);

/// The first card of a machine; of a segment's name any card on it.
const Card& card_of(const Network& network, const EventSpec& event, const std::string& target);

} // namespace hermesh
