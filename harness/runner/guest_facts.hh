// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "machine/machine.hh"

#include <cstdint>

namespace hermesh {

/// What only a guest knows: how often its cards' carrier came or went, what its wall clock shows,
/// how long it thinks that it has been running.
struct GuestFacts {
  std::uint64_t carrier_changes = 0;
  Duration wall_clock{0}; ///< since 1970
  Duration uptime{0};

  bool operator==(const GuestFacts&) const = default;
};

/// Throws Error when the machine does not tell.
GuestFacts ask_guest_facts(Machine& machine);
/// "carrier changes (one a line)", then seconds since 1970, then /proc/uptime. Throws Error.
GuestFacts parse_guest_facts(const std::string& text);

/// The host's time to the guest: what a guest agent's guest-set-time does, without the hwclock(8)
/// that it needs.
void set_guest_clock(Machine& machine);
Duration host_wall_clock();

} // namespace hermesh
