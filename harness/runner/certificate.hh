// SPDX-License-Identifier: MIT
#pragma once

#include "certify/certify.hh"
#include "model/network.hh"

#include <string>
#include <vector>

namespace hermesh {

/// One axis of one gateway: the scenario's word beside what probes showed.
struct AxisResult {
  std::string axis; ///< as the scenario calls it: "hairpin"; of timers the field alone: "icmp"
  std::string declared;
  std::string measured;
  bool as_declared = false;
  bool usual = true;                ///< nobody who leaves the field out would wonder at either word
  std::vector<Evidence> evidence{}; ///< its probes

  bool operator==(const AxisResult&) const = default;
};

/// The comparison of what a gateway was declared to do with what it was measured to do.
struct Certificate {
  std::string gateway;
  std::string role;
  std::vector<AxisResult> axes;

  bool certified() const;
  std::string
  declared() const; ///< "EIM/APDF, ports preserve, flows reuse, hairpin internal-source"
  std::string measured() const; ///< the same words
  bool operator==(const Certificate&) const = default;
};

/// Axis by axis. An axis that could not be seen from outside is as declared only where the declared
/// behaviour is why: no timer of UDP shows where no UDP passes.
std::vector<AxisResult> compare(const nat::Behaviour& declared, const MeasuredBehaviour& measured);

/// The same of what was measured with IPv6, the axes named "ipv6_filtering" and so on. Where none
/// of it passes, or all, the axis "ipv6" is the only one.
std::vector<AxisResult> compare_ipv6(const nat::Behaviour& declared,
                                     const MeasuredBehaviour& measured);

/// Where a gateway of the network touches it, by its addresses of one family, which it must have.
using FamilyOf = std::optional<Address> Attachment::*;
GatewayUnderTest gateway_under_test(const Network& network,
                                    const Gateway& gateway,
                                    FamilyOf family = &Attachment::ipv4);

/// Why the gateways of a network cannot be measured; empty: they can.
std::string unmeasurable(const Network& network);

/// Measures one gateway of `declared` in a fabric that was built from it, or from the same with
/// faults. The fabric's deliver hook must feed the certifier.
Certificate certify_gateway(const Network& declared,
                            const Gateway& gateway,
                            Certifier& certifier,
                            Fabric& fabric,
                            Time now);

/// All gateways, in a fabric of their own that nothing else uses: no guests, no privileges.
std::vector<Certificate>
certify_network(const Network& declared, const Network& built, std::uint64_t seed);

} // namespace hermesh
