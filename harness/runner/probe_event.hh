// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace hermesh {

/// What a probe program tells of its own accord (probe/protocol.hh), checked: a guest may say
/// anything.
struct ProbeEvent {
  enum class Kind : std::uint8_t { sent, request, replied, reply, other };

  Kind kind = Kind::other;
  std::uint32_t stream = 0;
  std::uint32_t sequence = 0;
  Time time{0}; ///< of the guest's clock
  std::uint32_t length = 0;

  bool operator==(const ProbeEvent&) const = default;
};

/// A day of probes at ten a second; bounds what a mad guest can cost.
inline constexpr std::uint32_t most_probes = 1'000'000;

/// Throws Error, naming the machine, when it is none, or says that events were lost.
ProbeEvent read_probe_event(const nlohmann::json& said, const std::string& machine);

/// A field with the time of a guest's CLOCK_MONOTONIC. Throws Error when no machine could be up so
/// long.
Time read_guest_time(const nlohmann::json& said, const char* field, const std::string& machine);

} // namespace hermesh
