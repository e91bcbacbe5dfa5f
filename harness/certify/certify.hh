// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/fabric.hh"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hermesh {

/// One probe: which axis it is about, what was sent and what was seen, a line each.
struct Evidence {
  std::string axis;
  std::string probe;
  std::string seen;

  bool operator==(const Evidence&) const = default;
};

/// The ports of a remote that are tried to learn what may go out; the last two carry the other
/// probes.
inline constexpr std::array<std::uint16_t, 6> probed_ports{53, 80, 443, 51820, 3478, 3479};

/// What probes showed of one gateway, in the scenario's words. "?" where a probe could not tell,
/// "A or B" where it could tell no more, "either" where it makes no difference to who is outside.
struct MeasuredBehaviour {
  std::string gateway;
  std::string translation = "?";        ///< "napt", "none", "one-to-one"
  std::string mapping = "?";            ///< "EIM", "ADM", "APDM"
  std::string filtering = "?";          ///< "EIF", "ADF", "APDF"
  std::string ports = "?";              ///< "preserve", "random", "sequential-up", "block", ...
  std::string port_block_size = "none"; ///< "64", "at least 5000"; "none": ports are not a block's
  std::string overload_ports = "?";     ///< "true", "false" (RFC 4787 REQ-3)
  std::string external_addresses = "?"; ///< "1", "at least 3"
  std::string pooling = "?";            ///< "paired", "arbitrary"; "either" with one address
  std::string per_host_limit = "?";     ///< "20", "above 64"
  std::string flows = "?";              ///< "reuse", "strict", "either"
  std::string hairpin = "?";            ///< "off", "external-source", "internal-source", "either"
  std::string udp_unreplied = "?";      ///< "2m", to 100 ms
  std::string udp_stream = "?";
  std::string tcp_transitory = "?";
  std::string tcp_established = "?";
  std::string icmp = "?";
  std::string refresh = "?";           ///< "both", "outbound-only", "either"
  std::string absolute_lifetime = "?"; ///< "1h", "above 169h"
  std::string icmp_errors = "?";       ///< "translated", "dropped"
  std::string udp_out = "?";           ///< "all", "none", or those of `probed_ports`: "53 and 443"
  std::string tcp_out = "?";           ///< the same
  std::string unsolicited_syn = "?";   ///< "ignored", "answered" (RFC 5382 REQ-4)
  std::string simultaneous_open = "?"; ///< "works", "fails" (RFC 5382 REQ-2)
  std::string icmp_query = "?";        ///< "passes", "lost" (RFC 5508 REQ-1)
  std::string fragments = "?";         ///< "any order", "lost" (RFC 4787 REQ-14)
  std::string mtu = "?";               ///< of the link outside, either way: "1492"
  std::string mtu_errors = "?";        ///< "true", "false"; "either" where nothing is too big
  std::string ipv6 = "?"; ///< of IPv6: "filtered", "open", "dropped", "unreachable" (and told so)
  std::string port_mapping = "?"; ///< "none", "nat-pmp", "pcp", "nat-pmp and pcp"
  // Where a protocol is spoken; "either" where no packet could show it.
  std::string port_mapping_refuses = "?";  ///< "no", "not-authorized", ...
  std::string port_mapping_lifetime = "?"; ///< "2h"; "none" where nothing is granted, as below
  std::string port_mapping_inbound = "?";  ///< who reaches the host: "anyone", "nobody"
  std::string port_mapping_outbound = "?"; ///< "true", "false"
  std::string port_mapping_holder = "?";   ///< "keeps it", "loses it": to another host or client
  std::string port_mapping_end = "?";      ///< "at once", "never": when it is given back
  std::string port_mapping_outside = "?";  ///< "ignored", "answered" (RFC 6886 section 3.3)
  std::vector<Evidence> evidence{};

  bool operator==(const MeasuredBehaviour&) const = default;
};

/// Where a gateway touches the network, so that virtual hosts can be put on either side of it.
/// Addresses only, all of one family: the measuring code knows nothing of the declared behaviour.
struct GatewayUnderTest {
  std::string name;
  std::string inside_segment, outside_segment;
  Prefix inside_prefix, outside_prefix;
  Address inside_address, outside_address;
  MacAddress inside_mac, outside_mac;
  std::vector<Address> taken{}; ///< addresses of cards that the virtual hosts must not use

  bool operator==(const GatewayUnderTest&) const = default;
};

/// Measures what a gateway does to packets, as hosts inside and three outside would see it (RFC
/// 5780's idea, with the order of probes that keeps one from spoiling the next). README.md has each
/// axis with its probe.
///
/// Speaks only in frames: virtual hosts on both sides of the gateway, in the fabric that the trial
/// will use, at the fabric's time `now`; lifetimes by running the gateway's timers ahead. The
/// gateway's state is cleared before and after. In the capture it shows as traffic of ports named
/// "certify...". Pure computation: well under a second.
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
  /// What the gateway does to the family of those addresses; of IPv6 what firewalls have.
  /// Throws Error when there is no room for the hosts in a prefix, or no such gateway.
  MeasuredBehaviour measure(Fabric& fabric, const GatewayUnderTest& gateway, Time now);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hermesh
