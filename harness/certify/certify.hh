// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fabric.hh"

#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// What probes showed of one gateway, in the scenario's words; "?" where a probe could not tell.
struct MeasuredBehaviour {
  std::string gateway;
  std::string mapping;    ///< "EIM", "ADM", "APDM"
  std::string filtering;  ///< "EIF", "ADF", "APDF"
  std::string ports;      ///< "preserve", "random"
  std::string flows;      ///< "reuse", "strict"; "either" where the two cannot be told apart from outside
  bool udp_blocked = false;
  std::vector<std::string> evidence; ///< one line per probe: what was sent, what was seen

  bool operator==(const MeasuredBehaviour&) const = default;
};

/// Where a gateway touches the network, so that virtual hosts can be put on either side of it. Addresses
/// only: the measuring code knows nothing of the declared behaviour.
struct GatewayUnderTest {
  std::string name;
  std::string inside_segment, outside_segment;
  Prefix inside_prefix, outside_prefix;
  Address inside_address, outside_address;
  MacAddress inside_mac, outside_mac;
};

/// Speaks only in frames: virtual hosts on both sides of the gateway, in the fabric that the trial will
/// use, at the fabric's time `now`. The gateway's state is cleared before and after. In the capture it
/// shows as traffic of ports named "certify...". Pure computation: well under a second.
/// `frames` must deliver to the virtual hosts: install `Certifier::sink` as the fabric's virtual sink.
class Certifier {
public:
  explicit Certifier(std::uint64_t seed);
  ~Certifier();
  /// To be called by the fabric's deliver hook for ports that certification attached.
  void sink(PortId port, std::span<const std::byte> frame, Time now);
  MeasuredBehaviour measure(Fabric& fabric, const GatewayUnderTest& gateway, Time now);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hermesh
