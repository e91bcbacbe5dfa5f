// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <cstdint>
#include <string>

namespace hermesh::nat {

/// How much of the remote endpoint a rule looks at (RFC 4787 sections 4.1 and 5).
enum class Dependence : std::uint8_t {
  endpoint_independent,       ///< EIM, EIF
  address_dependent,          ///< ADM, ADF
  address_and_port_dependent, ///< APDM, APDF
};

/// Where a new mapping's external port comes from (RFC 4787 section 4.2).
enum class PortAssignment : std::uint8_t {
  preserve, ///< the inside port; another one of the same parity only when that is taken
  random,   ///< uniformly from 1024..65535
};

/// What an inbound packet that the filter admits does to the table. RFC 4787 does not settle it,
/// and devices differ.
enum class FlowRule : std::uint8_t {
  reuse,  ///< it binds the flow: the answer leaves from the port it came to, as connection tracking
          ///< does
  strict, ///< only outbound packets make mappings
};

/// How long an idle entry lives, by protocol (RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2).
struct Timers {
  Duration udp_unreplied = std::chrono::seconds{120};
  Duration udp_stream = std::chrono::seconds{300};
  Duration tcp_transitory = std::chrono::minutes{4};
  Duration tcp_established = std::chrono::minutes{124};
  Duration icmp = std::chrono::seconds{60};

  bool operator==(const Timers&) const = default;
};

/// What a gateway does to packets. What a scenario file declares per gateway, what a gateway is
/// built from, what the oracle reasons about; never what certification reads.
struct Behaviour {
  Dependence mapping = Dependence::endpoint_independent;
  Dependence filtering = Dependence::address_and_port_dependent;
  PortAssignment ports = PortAssignment::preserve;
  FlowRule flows = FlowRule::reuse;
  Timers timers{};
  bool udp_blocked = false; ///< all UDP dropped, both ways, on the far side of the table

  bool operator==(const Behaviour&) const = default;
};

std::string mapping_name(Dependence mapping);     ///< "EIM", "ADM", "APDM"
std::string filtering_name(Dependence filtering); ///< "EIF", "ADF", "APDF"
std::string to_string(PortAssignment ports);      ///< "preserve", "random"
std::string to_string(FlowRule flows);            ///< "reuse", "strict"

} // namespace hermesh::nat
