// SPDX-License-Identifier: MIT
#pragma once

#include "machine/machine.hh"
#include "model/event.hh"
#include "model/network.hh"
#include "runner/event_check.hh"
#include "runner/frame_hub.hh"

#include <filesystem>

namespace hermesh {

/// What an event of machines needs of the trial that it happens in.
struct EventWorld {
  FrameHub* hub = nullptr;
  Network* network = nullptr; ///< as it is now: where cards are, and gateways' addresses
  std::filesystem::path captures{};
  std::function<Machine&(const std::string&)> machine{};
  /// A machine's card is on another segment, under another address.
  std::function<void(const std::string&, const Attachment&)> move{};
  std::function<void(const std::string&)> kill{}; ///< the VPN's program on a machine
  std::function<void(const std::string&)> restart{};
  /// A machine and its clock stood still between two times of the fabric.
  std::function<void(const std::string&, Time, Time)> stood_still{};
  std::function<void(Duration)> pass{}; ///< time passes, and the probes go on

  FabricLoop& loop() { return hub->loop(); }
};

/// What an event does to a machine (or a segment, of link-loss).
Intervention
machine_intervention(const EventSpec& event, EventWorld& world, const std::string& target);
EventCheck machine_check(const EventSpec& event, EventWorld& world, const std::string& target);

/// Where a machine that roams gets to: an address on `segment` that nobody has.
Attachment free_attachment(const Network& network, const std::string& segment);

} // namespace hermesh
