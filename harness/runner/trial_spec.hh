// SPDX-License-Identifier: MIT
#pragma once

#include "model/network.hh"
#include "model/vpn_spec.hh"
#include "oracle/oracle.hh"
#include "vpn/deployment.hh"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hermesh {

/// A gateway that does something other than its scenario declares: how the lab itself is tested
/// (`--lab-fault gw-a:mapping=APDM`). The declared behaviour stays what the scenario says.
struct LabFault {
  std::string gateway;
  std::string field; ///< as in a scenario, timers without theirs: "mapping", "icmp"; or "udp"
  std::string value; ///< in the scenario's words; of "udp", "blocked" or "allowed"
  std::string said_by = "--lab-fault"; ///< begins what is said of a wrong one
};
/// "gw-a:mapping=APDM". Throws InputError.
LabFault parse_lab_fault(const std::string& text, const std::string& said_by = "--lab-fault");
/// One after the other. Throws InputError when the network has no such gateway, a field no such
/// value, or a gateway cannot behave as all of them together want it.
void apply_lab_faults(const std::vector<LabFault>& faults, Network& network);

/// How long the path phase waits. Counted on the fabric's clock from the start of the last daemon;
/// the same for every VPN and whatever the oracle expects, so that no expectation shapes a
/// measurement.
struct Patience {
  Duration direct_stable = std::chrono::seconds{3};   ///< direct both ways for so long: settled
  Duration relayed_stable = std::chrono::seconds{15}; ///< no better path came in so long: settled
  Duration unreachable = std::chrono::seconds{20};    ///< nothing arrived, or nothing any more
  Duration most = std::chrono::seconds{90};           ///< and then the last state counts
  Duration control = std::chrono::seconds{20}; ///< for the control of an unreachable to connect
};

struct TrialRequest {
  std::string topology, scenario, vpn, profile = "baseline"; ///< names or files
  std::vector<std::pair<std::string, std::string>> settings{};
  std::uint64_t seed = 1;
  std::vector<std::string> workloads{};
  std::vector<LabFault> faults{};
  std::filesystem::path replaced_binary{};
};

/// One trial, checked: everything that can be wrong with the input has been found before this
/// exists.
struct TrialSpec {
  TrialRequest request; ///< what was asked for, in the user's words
  Topology topology;
  Scenario scenario;
  Profile profile;
  VpnSpec vpn;
  std::vector<std::pair<std::string, std::string>> settings; ///< of the VPN's options, as given
  std::uint64_t seed = 1;
  Network declared;                  ///< what the oracle reasons about
  Network built;                     ///< what the fabric builds: the same but for lab faults
  std::string peer_a, peer_b;        ///< machine names
  std::vector<std::string> relays{}; ///< all machines of that role; may be empty
  std::vector<std::string> workloads{};
  std::filesystem::path replaced_binary{}; ///< `--with`: empty, or a file on this host
  Patience patience{};
};

class Catalog;
/// Reads, binds, renders once (so that a missing template is found now): throws InputError.
TrialSpec plan_trial(const Catalog& catalog, const TrialRequest& request);

/// As the outside sees a machine: the outermost translating gateway's address, or its own.
Address public_address_of(const Network& network, const std::string& machine);
/// The machines as templates may know them.
std::vector<DeployedMachine> deployed_machines(const TrialSpec& spec);
/// The same if every peer sat on the public segment (the twin of an unreachable).
TrialSpec public_twin(const TrialSpec& spec);

/// The machine's gateways as the oracle sees them for IPv4, innermost first, as declared.
oracle::Side side_of(const Network& network, const std::string& machine);
/// In front of the relay that is easiest to reach; empty when there is none.
std::optional<oracle::Side> relay_side_of(const Network& network,
                                          const std::vector<std::string>& relays);
/// The pair in each family of addresses that both have and the VPN uses.
std::vector<oracle::Pairing> pairings_of(const Network& network,
                                         const std::string& a,
                                         const std::string& b,
                                         const std::vector<std::string>& relays,
                                         const Abilities& abilities);
/// The machines of a role, in the order of the file: the first two peers are the trial's pair.
std::vector<std::string> machines_of(const Topology& topology, std::string_view role);

} // namespace hermesh
