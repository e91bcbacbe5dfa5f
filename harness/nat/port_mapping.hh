// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <cstdint>
#include <string>

namespace hermesh::nat {

/// What a gateway says to every request for a port mapping.
enum class Refusing : std::uint8_t {
  no,              ///< grants what it can
  not_authorized,  ///< the owner has turned it off
  no_resources,    ///< it says that it has no room, ever
  network_failure, ///< it says that it has no external address yet
};

/// Whether hosts may ask the gateway for external ports, and what they get: NAT-PMP (RFC 6886) and
/// the Port Control Protocol (RFC 6887). With neither, nobody listens.
struct PortMapping {
  bool nat_pmp = false;
  bool pcp = false;
  Duration most_lifetime = std::chrono::hours{2}; ///< granted at once; RFC 6886 section 3.3
  Refusing refuses = Refusing::no;
  /// What the host sends leaves from the granted port. False: only what comes in is redirected, and
  /// the host's own packets leave by an ordinary mapping, as where a daemon adds the one rule and
  /// not the other.
  bool outbound = true;

  bool is_offered() const { return nat_pmp || pcp; }
  bool grants() const { return is_offered() && refuses == Refusing::no; }

  bool operator==(const PortMapping&) const = default;
};

std::string to_string(Refusing refusing); ///< "no", "not-authorized", ...
/// "none", "nat-pmp", "pcp", "nat-pmp and pcp"
std::string protocols_name(const PortMapping& mapping);

} // namespace hermesh::nat
