// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "model/path.hh"
#include "model/verdict.hh"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// One gateway: what the scenario declares beside what probes measured.
struct GatewayResult {
  std::string gateway;
  std::string role;
  std::string declared; ///< "EIM/APDF, ports preserve, flows reuse"
  std::string measured; ///< the same words
  bool certified = false;
  std::vector<std::string> evidence{};

  bool operator==(const GatewayResult&) const = default;
};

/// One direction of the pair.
struct DirectionResult {
  std::string from;
  std::string to;
  Path path{};                          ///< settled
  std::vector<PathInterval> timeline{}; ///< times since the start of the last peer's daemon
  std::uint32_t probes_sent = 0;
  std::uint32_t probes_received = 0;
  std::uint32_t unidentified = 0;

  bool operator==(const DirectionResult&) const = default;
};

/// What one peer's VPN said, beside what the wire showed.
struct ClaimResult {
  std::string machine;
  std::string
      path; ///< "direct", "relayed", "unreachable", "unknown"; empty: the VPN makes no claims
  std::string via{};
  std::string endpoint{};
  std::string problem{};

  bool operator==(const ClaimResult&) const = default;
};

/// An intervention that proves or controls the verdict.
struct ProofResult {
  std::string action;   ///< "cut r for 3s", "open every gateway", "twin trial on public addresses"
  std::string expected; ///< "probes stop"
  std::string observed; ///< "probes stopped after 0.2s"
  bool holds = false;

  bool operator==(const ProofResult&) const = default;
};

struct PhaseTime {
  std::string phase; ///< "boot", "certification", "vpn", "path", "proof", "workload", "tear-down"
  Duration took{0};

  bool operator==(const PhaseTime&) const = default;
};

/// One figure through the VPN's path beside the same one without VPN in the same lab.
struct WorkloadResult {
  std::string workload; ///< "ping", "tcp"
  std::string metric;   ///< "rtt median", "throughput"
  std::string unit;     ///< "ms", "Mbit/s"
  std::optional<double> through{};
  std::optional<double> without_vpn{};
  std::string problem{};

  bool operator==(const WorkloadResult&) const = default;
};

struct DropResult {
  std::string where;
  std::string reason;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;

  bool operator==(const DropResult&) const = default;
};

/// Bytes of the trial, by who carried them.
struct CarrierResult {
  std::string machine; ///< which machine's card
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  bool operator==(const CarrierResult&) const = default;
};

/// One event of the scenario's timeline, at one of those it happened to.
struct EventResult {
  std::string event;             ///< "nat-reboot"
  std::string target;            ///< "home-a"
  Time asked{0};                 ///< since the start of the last peer's daemon, like all times here
  std::optional<Time> ended{};   ///< empty: a step, or it lasted to the end of the timeline
  std::optional<Time> seen{};    ///< when the wire showed what changed
  std::string before{}, after{}; ///< what was seen: an external endpoint, a latency
  std::string endpoint_before{}, endpoint_after{}; ///< of a flow of a machine that it concerned
  bool changed = false;
  std::string reason{};          ///< what changed, or why not
  std::uint32_t probes_sent = 0; ///< until the next event
  std::uint32_t probes_lost = 0;
  std::optional<Duration> recovered{};   ///< since `asked`, until probes were answered for good; 0:
                                         ///< none were lost; empty: never
  PathKind path = PathKind::unreachable; ///< what the wire showed before the next event
  std::vector<std::string> evidence{};

  bool operator==(const EventResult&) const = default;
};

/// Everything one trial showed: result.json (schema 2, report/README.md) and what the text report
/// says. Times are of the fabric's clock and count from the start of the last peer's daemon.
struct TrialResult {
  Verdict verdict = Verdict::harness_error;
  std::string reason;                    ///< one sentence
  PathKind path = PathKind::unreachable; ///< the worse of the two directions
  std::string via{};                     ///< when relayed
  bool via_infrastructure = false;
  PathKind expected = PathKind::unreachable;
  std::string expected_reason{};
  std::string expected_certainty{}; ///< "must_direct", "must_relay", "must_fail"; "may": `expected`
                                    ///< is sure, and with luck the path is direct
  std::optional<Duration> time_to_first_packet{};
  std::optional<Duration> time_to_direct{};
  std::uint64_t relay_bytes =
      0; ///< that the relay received from the pair and sent to it, during the path phase
  std::vector<DirectionResult> paths{};
  std::vector<ClaimResult> claims{};
  std::vector<GatewayResult> gateways{};
  std::vector<ProofResult> proofs{};
  std::vector<std::string>
      findings{}; ///< a claim that the wire contradicts, leaks out of the lab, stalls, ...
  std::vector<EventResult> events{};
  std::vector<WorkloadResult> workloads{};
  std::vector<PhaseTime> phases{};
  std::vector<CarrierResult> carriers{};
  std::vector<DropResult> drops{};
  // What was run
  std::string topology, scenario, vpn, profile;
  std::vector<std::pair<std::string, std::string>> settings{}; ///< the VPN's options
  std::uint64_t seed = 0;
  std::string peer_a, peer_b;
  std::string accelerator, guest, guest_fingerprint, hermesh_version, libvirt_version, qemu_version,
      host;
  std::string replaced_binary{}, replaced_binary_sha256{}; ///< `--with`
  std::string vpn_version{};
  std::vector<std::string> repeat{}; ///< the command line that runs the same trial again
  std::string run_dir{};
  std::string started{}; ///< ISO 8601, UTC

  bool operator==(const TrialResult&) const = default;
};

/// What result.json holds, its fields in the order of report/README.md.
nlohmann::ordered_json to_json_document(const TrialResult& result);
/// Throws InputError when the document is not a result of this schema.
TrialResult read_result(const nlohmann::json& document, const std::string& source);

/// What a person reads at the end of `hermesh run`. `colour`: ANSI, only on a terminal.
std::string describe(const TrialResult& result, bool colour);

} // namespace hermesh
