// SPDX-License-Identifier: MIT
#pragma once

#include "model/event.hh"
#include "runner/event_check.hh"
#include "runner/frame_hub.hh"

#include <filesystem>

namespace hermesh {

/// What events of gateways do, and how it is seen. `gateway` is one of the network's.
Intervention gateway_intervention(const EventSpec& event,
                                  FabricLoop& loop,
                                  const Network& network,
                                  const Gateway& gateway);
EventCheck gateway_check(const EventSpec& event,
                         FrameHub& hub,
                         const Network& network,
                         const Gateway& gateway);

/// An address on the gateway's outside segment, with as many free ones after it as the gateway has
/// external addresses, that nobody has.
Address other_address(const Network& network, const Gateway& gateway);

} // namespace hermesh
