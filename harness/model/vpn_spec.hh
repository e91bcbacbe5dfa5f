// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hermesh {

/// What a VPN can do, as its folder declares it for the options chosen: the oracle reasons from
/// this, and nothing that judges the wire ever sees it.
struct Abilities {
  bool punches_udp = false; ///< UDP hole punching with reflexive candidates (RFC 5128 section 3.3)
  bool relays = false;      ///< a relay is configured and used when no direct path exists
  bool uses_known_endpoints = false; ///< dials a peer whose public endpoint is configured
  bool punches_tcp =
      false; ///< TCP simultaneous open between reflexive candidates (RFC 5128 section 3.4)
  bool offers_local_addresses = false; ///< peers also try each other's own addresses (RFC 8445)
  bool predicts_ports =
      false;              ///< guesses the next port of a NAT that counts (RFC 5128 section 3.5)
  bool uses_ipv6 = false; ///< peers also reach each other by IPv6
  std::vector<std::string> port_mapping{}; ///< asks its gateway for its UDP port: "nat-pmp", "pcp"
  std::vector<std::string> transports{"udp"}; ///< what its own traffic needs: "udp", "tcp"

  bool operator==(const Abilities&) const = default;
};

/// A file that a VPN needs on a machine. `source` is a template in the VPN's folder.
struct VpnFile {
  std::string source;
  std::string target; ///< absolute path on the machine
  unsigned mode = 0644;

  bool operator==(const VpnFile&) const = default;
};

/// What machines of one role do.
struct VpnRole {
  std::vector<VpnFile> files{};
  std::vector<std::vector<std::string>>
      setup{};                       ///< commands run to the end, in order, before the daemon
  std::vector<std::string> daemon{}; ///< argv; empty: the setup is all there is
  std::vector<std::string> status{}; ///< argv of the status script; empty: no claim
  std::vector<std::vector<std::string>> teardown{}; ///< commands after the daemon has ended

  bool operator==(const VpnRole&) const = default;
};

/// An option of a VPN that a trial may set (`--set relay=off`).
struct VpnOption {
  std::string name;
  std::string description;
  std::vector<std::string> values;
  std::string default_value;
  std::string value{}; ///< what this trial chose; templates read it as `options.<name>`

  bool operator==(const VpnOption&) const = default;
};

/// A VPN's folder, read: vpns/<name>/vpn.json. All strings may hold `${...}` (vpns/README.md).
struct VpnSpec {
  std::string name;
  std::string description;
  std::filesystem::path folder;
  std::vector<VpnOption> options{};
  std::vector<std::pair<std::string, std::string>> values{}; ///< named template values, in order
  std::string overlay; ///< template of a machine's overlay address; empty: the underlay address
  std::string interface {}; ///< the overlay's network interface on a machine, "" for none
  std::string binary{};     ///< absolute path that `--with NAME=FILE` replaces
  std::vector<std::string> programs{}; ///< that the guest must have on its PATH
  VpnRole peer;
  VpnRole relay{};
  Abilities abilities{}; ///< after `options` were applied

  bool operator==(const VpnSpec&) const = default;
};

} // namespace hermesh
