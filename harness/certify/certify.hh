// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fabric.hh"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hermesh {

/// What probes showed of one gateway, in the scenario's words; "?" where a probe could not tell.
struct MeasuredBehaviour {
  std::string gateway;
  std::string mapping = "?";   ///< "EIM", "ADM", "APDM"
  std::string filtering = "?"; ///< "EIF", "ADF", "APDF"
  std::string ports =
      "?"; ///< "preserve", "random", "sequential"; "overloaded" against RFC 4787 REQ-3
  std::string flows =
      "?"; ///< "reuse", "strict"; "either" where the two cannot be told apart from outside
  bool udp_blocked = false;            ///< no UDP passes, and TCP does
  std::vector<std::string> evidence{}; ///< one line per probe: what was sent, what was seen

  bool operator==(const MeasuredBehaviour&) const = default;
};

/// Where a gateway touches the network, so that virtual hosts can be put on either side of it.
/// Addresses only: the measuring code knows nothing of the declared behaviour.
struct GatewayUnderTest {
  std::string name;
  std::string inside_segment, outside_segment;
  Prefix inside_prefix, outside_prefix;
  Address inside_address, outside_address;
  MacAddress inside_mac, outside_mac;
  std::vector<Address> taken{}; ///< addresses of cards that the virtual hosts must not use

  bool operator==(const GatewayUnderTest&) const = default;
};

/// Measures what a gateway does to packets, as a pair of hosts inside and three outside would see
/// it (RFC 5780's idea, with the order of probes that keeps one from spoiling the next).
///
/// Speaks only in frames: virtual hosts on both sides of the gateway, in the fabric that the trial
/// will use, at the fabric's time `now`. The gateway's state is cleared before and after. In the
/// capture it shows as traffic of ports named "certify...". Pure computation: well under a second.
///
/// Frames must get to the virtual hosts: call `sink` from the fabric's deliver hook.
class Certifier {
public:
  explicit Certifier(std::uint64_t seed);
  ~Certifier();
  Certifier(const Certifier&) = delete;
  Certifier& operator=(const Certifier&) = delete;

  /// To be called by the fabric's deliver hook for ports that certification attached; others are
  /// ignored.
  void sink(PortId port, std::span<const std::byte> frame, Time now);
  /// Throws Error when there is no room for the hosts in a prefix, or no such gateway.
  MeasuredBehaviour measure(Fabric& fabric, const GatewayUnderTest& gateway, Time now);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hermesh
