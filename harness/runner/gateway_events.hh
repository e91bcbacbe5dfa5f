// SPDX-License-Identifier: MIT
#pragma once

#include "model/event.hh"
#include "runner/event_check.hh"
#include "runner/frame_hub.hh"

#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// What an event does to the gateway of that name; `move`: where wan-change moves it to.
Intervention gateway_intervention(const EventSpec& event,
                                  FabricLoop& loop,
                                  const std::string& name,
                                  const std::optional<Address>& move = {});
/// How it is seen. `gateway` is one of the network's.
EventCheck gateway_check(const EventSpec& event,
                         FrameHub& hub,
                         const Network& network,
                         const Gateway& gateway);

/// An address on the gateway's outside segment, with as many free ones after it as the gateway has
/// external addresses, that nobody has and none was promised.
Address other_address(const Network& network,
                      const Gateway& gateway,
                      const std::vector<Address>& promised = {});

} // namespace hermesh
