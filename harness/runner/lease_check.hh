// SPDX-License-Identifier: MIT
#pragma once

#include "model/network.hh"
#include "runner/event_check.hh"
#include "runner/frame_hub.hh"

namespace hermesh {

/// Of a port-mapping-restart: a lease that a virtual host took before it leads nowhere after it,
/// while a flow that needs none goes on from the same endpoint.
EventCheck lease_check(FrameHub& hub, const Network& network, const Gateway& gateway);

} // namespace hermesh
