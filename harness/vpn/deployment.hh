// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "machine/machine.hh"
#include "model/vpn_spec.hh"

#include <cstdint>
#include <string>
#include <vector>

namespace hermesh {

/// What templates may know of one machine of the lab.
struct DeployedMachine {
  std::string name;
  std::string role; ///< "peer" or "relay"
  Address underlay; ///< the address on its own first card
  /// Where others on the public segment can address it: its own address when it sits there, or its
  /// outermost gateway's; a VPN may use it as a configured endpoint only when `reachable`.
  Address public_address;
  bool reachable =
      false; ///< unsolicited packets to public_address reach it (it has no NAT in front)
};

/// All that a VPN's folder needs on one machine, rendered.
struct NodeDeployment {
  std::string machine;
  std::vector<PushedFile> files{};
  std::vector<Command> setup{};
  std::vector<std::string> daemon{};
  Command status{}; ///< argv empty: none
  std::vector<Command> teardown{};
  Address overlay{}; ///< the address that probes and workloads use to reach this machine

  bool operator==(const NodeDeployment&) const = default;
};

/// Renders a VPN's folder for the machines of a trial. Pure but for reading the folder's templates:
/// the same seed gives the same keys, addresses, ports and files. Throws InputError (file, line,
/// what was found, nearest name) for a missing template or an unknown name in one.
///
/// `program`: what `${program}` stands for: the absolute path on the machines of a developer's own
/// binary that the caller pushes (`replacement_path`); empty: the packaged `vpn.binary`.
std::vector<NodeDeployment> render(const VpnSpec& vpn,
                                   const std::vector<DeployedMachine>& machines,
                                   std::uint64_t seed,
                                   const std::string& program = {});

/// Where a binary given in place of `vpn.binary` goes on a machine. Outside of the folder that
/// stop_vpn removes, so that the VPN can be started again.
std::string replacement_path(const VpnSpec& vpn);

/// Renders the folder for made-up machines (two peers, one of them reachable, and a relay) with
/// every value of every option: finds what `render` would complain of, without a topology.
void check_templates(const VpnSpec& vpn);

/// What a VPN says of its own path to one peer: evidence of its claim only, beside the wire's
/// truth.
struct Claim {
  std::string path;       ///< "direct", "relayed", "unreachable" or "unknown"
  std::string via{};      ///< as it names it
  std::string endpoint{}; ///< the peer's endpoint, as it says
  std::string raw{};      ///< the status script's whole output
  std::string problem{};  ///< why there is no claim (script failed, not JSON, ...)

  bool operator==(const Claim&) const = default;
};

/// Push, set up, start the daemon by the guest's daemon contract (/usr/lib/hermesh/daemon). Throws
/// Error when a file cannot be pushed or a set-up command fails, with its words.
void start_vpn(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node);
/// The daemon alone: started as start_vpn does, and ended by SIGKILL, so that it says no goodbye.
void start_daemon(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node);
void kill_daemon(Machine& machine, const VpnSpec& vpn);
/// Stop the daemon, run teardown, remove the files.
void stop_vpn(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node);
/// Empty while the daemon runs (or there is none); else how it ended, with its log's last lines.
std::string daemon_obituary(Machine& machine, const VpnSpec& vpn, const NodeDeployment& node);
std::string daemon_log(Machine& machine, const VpnSpec& vpn);
/// Run the status script on `machine` about the peer whose overlay address is `peer`.
Claim ask_status(Machine& machine, const NodeDeployment& node, const NodeDeployment& peer);

} // namespace hermesh
