// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/time.hh"

#include <filesystem>
#include <string>
#include <vector>

namespace hermesh {

/// A UDP packet of a machine that left the last gateway on its way.
struct SeenEndpoint {
  Time time{0};     ///< when it left that gateway
  Endpoint inside;  ///< its source as the machine sent it
  Endpoint outside; ///< its source as it left
  Endpoint remote;  ///< its destination as it left

  bool operator==(const SeenEndpoint&) const = default;
};

/// Reads every *.pcapng in `captures` and follows the UDP packets that the machine sent from `from`
/// on through the gateways (which rewrite headers, never payloads), in order of time. What no
/// gateway let out is not among them. Throws Error when a capture cannot be read.
std::vector<SeenEndpoint>
external_endpoints(const std::filesystem::path& captures, const std::string& machine, Time from);

/// The UDP port of its own that the machine sent most from, since `from`; 0: it sent none.
std::uint16_t
busiest_port(const std::filesystem::path& captures, const std::string& machine, Time from);

} // namespace hermesh
