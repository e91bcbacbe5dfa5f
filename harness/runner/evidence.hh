// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/loop.hh"
#include "report/result.hh"
#include "runner/path_phase.hh"
#include "runner/trial_spec.hh"
#include "runner/vpn_nodes.hh"
#include "workload/workload.hh"

#include <filesystem>
#include <optional>
#include <string>

namespace hermesh {

/// The parts of a result that only restate what is known, as functions of it.

/// What is known before anything runs.
TrialResult blank_result(const TrialSpec& spec,
                         Accelerator accelerator,
                         const GuestImage& image,
                         const std::filesystem::path& run_dir);

struct PathTimes {
  std::optional<Duration> first_packet; ///< until the first probe arrived at B
  std::optional<Duration>
      direct; ///< until the last stretch of direct began, in the later direction
};
PathTimes times_of(const PairVerdict& verdict, Time started);

/// What crossed the relay's cards so far, both ways; 0 without a relay.
std::uint64_t relay_bytes(FabricLoop& fabric, const std::vector<std::string>& relays);

/// Ledger, bytes by carrier, health and what is worth a finding.
void collect_network(FabricLoop& fabric, const TrialSpec& spec, TrialResult& result);

/// A guest that could not send a probe each `interval` was starved by the host: then a path that is
/// worse than expected is not the VPN's. `asked`: the probes of the peer that asks. After decide().
void judge_pace(const ProbeTrack& asked, Duration interval, TrialResult& result);

/// A claim that the wire contradicts is a finding.
void compare_claims(TrialResult& result);

/// The verdict and its sentence, from path, expectation, proofs and findings.
void decide(TrialResult& result);

void add_workload(TrialResult& result,
                  const std::string& name,
                  const Sample& through,
                  const Sample& without);

/// What the two probe programs saw, so that `hermesh judge` can compute the path again from the
/// captures.
std::string probes_document(const TrialSpec& spec,
                            const ProbeTrack& there,
                            const ProbeTrack& back,
                            Time started);
struct StoredProbes {
  std::vector<JudgedMachine> machines;
  ProbeTrack there, back;
  Time started{0};
};
StoredProbes read_probes(const std::filesystem::path& file);

void write_result(const std::filesystem::path& file, const TrialResult& result);

/// Saves the daemons' logs when it goes, however the trial ends, unless they were saved before.
class LogKeeper {
public:
  LogKeeper(VpnNodes& nodes, std::filesystem::path folder)
      : nodes_(&nodes), folder_(std::move(folder)) {}
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;
  ~LogKeeper() { save(); }
  void save() noexcept {
    if (!std::exchange(saved_, true)) nodes_->save_logs(folder_);
  }

private:
  VpnNodes* nodes_;
  std::filesystem::path folder_;
  bool saved_ = false;
};

} // namespace hermesh
