// SPDX-License-Identifier: MIT
#include "runner/trial.hh"

#include "base/error.hh"
#include "machine/host_facts.hh"
#include "runner/certification.hh"
#include "runner/event_player.hh"
#include "runner/evidence.hh"
#include "runner/path_phase.hh"
#include "runner/proof.hh"
#include "runner/run_dir.hh"
#include "runner/vpn_nodes.hh"
#include "workload/workload.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration trusted_clock = 20ms; ///< the judge's own slack

/// The wire could not tell: a lack of evidence is no unreachable.
bool undecided(const DirectionVerdict& direction) {
  return !direction.proven && direction.unidentified > 0;
}

/// One trial on one lab: each step fills a part of the result.
class TrialRun {
public:
  TrialRun(const TrialSpec& spec,
           const LabOptions& options,
           Progress& progress,
           Interrupt& interrupt,
           TrialResult& result)
      : spec_(&spec), options_(&options), progress_(&progress), interrupt_(&interrupt),
        result_(&result), network_(spec.declared), clock_(std::chrono::steady_clock::now()) {}

  void run() {
    begin("boot");
    Lab lab(spec_->topology, spec_->built, *options_, *interrupt_);
    result_->libvirt_version = libvirt_version(); // after the lab has told libvirt where to log
    lab.start_machines();
    if (certify(lab)) {
      lab.await_machines();
      connect(lab);
    }
    begin("tear-down");
    collect_network(lab.fabric(), *spec_, *result_);
  }

  void end() { begin({}); }

private:
  /// The running phase ends, `phase` begins.
  void begin(const std::string& phase) {
    const auto now = std::chrono::steady_clock::now();
    if (!phase_.empty()) result_->phases.push_back({.phase = phase_, .took = now - clock_});
    phase_ = phase;
    clock_ = now;
    if (!phase.empty()) progress_->phase(phase);
  }

  /// While the guests boot: certification needs none of them. Its own time is within the boot
  /// phase's.
  bool certify(Lab& lab) {
    const auto begun = std::chrono::steady_clock::now();
    result_->gateways = certify_gateways(lab.fabric(), *spec_);
    result_->phases.push_back(
        {.phase = "certification", .took = std::chrono::steady_clock::now() - begun});
    const auto bad = std::ranges::find(result_->gateways, false, &GatewayResult::certified);
    if (bad == result_->gateways.end()) return true;
    result_->verdict = Verdict::invalid;
    result_->reason =
        fmt::format("gateway {} is not what the scenario declares: declared {}, measured {}",
                    bad->gateway,
                    bad->declared,
                    bad->measured);
    return false;
  }

  void connect(Lab& lab) {
    begin("vpn");
    VpnNodes nodes(lab, *spec_);
    nodes.save_deployed(options_->run_dir / "deployed");
    LogKeeper keeper(nodes, options_->run_dir / "logs");
    const auto started = nodes.start();
    nodes.check_daemons();

    begin("path");
    PathPhase probing(lab, *spec_, options_->run_dir / "captures", *progress_);
    const auto relay_before = relay_bytes(lab.fabric(), spec_->relays);
    probing.start(nodes.node(spec_->peer_b).overlay, started);
    const auto verdict = probing.settle(spec_->patience);
    result_->relay_bytes = relay_bytes(lab.fabric(), spec_->relays) - relay_before;
    record_path(verdict, probing);
    record_claims(nodes);

    // An unreachable is played to before its control, which takes the daemons away; what is reached
    // is proven while it is still as it was.
    if (result_->path == PathKind::unreachable) play(lab, nodes, probing);
    begin("proof");
    prove(lab, nodes, probing, keeper);
    if (result_->path != PathKind::unreachable) play(lab, nodes, probing);
    conclude();
    judge_pace(asked_, ProbeOptions{}.interval, *result_);
    if (result_->path != PathKind::unreachable && !spec_->workloads.empty()) {
      begin("workload");
      measure(lab, nodes);
    }
    probing.stop();
  }

  void record_path(const PairVerdict& verdict, PathPhase& probing) {
    const auto there = probing.session().there();
    const auto back = probing.session().back();
    asked_ = there;
    result_->path = verdict.path();
    undecided_ = undecided(verdict.there) || undecided(verdict.back);
    if (probing.session().clock_uncertainty() > trusted_clock)
      result_->findings.push_back("the guests' clocks are known only to " +
                                  to_string(probing.session().clock_uncertainty()));
    if (result_->path == PathKind::relayed) {
      result_->via = verdict.worse().via;
      result_->via_infrastructure = verdict.worse().infrastructure;
    }
    result_->paths = directions(verdict, there, back, probing.started());
    const auto times = times_of(verdict, probing.started());
    result_->time_to_first_packet = times.first_packet;
    result_->time_to_direct = times.direct;
    write_file(options_->run_dir / "probes.json",
               probes_document(*spec_, there, back, probing.started()));
  }

  /// The scenario's events. The path's verdict stays the one from before.
  void play(Lab& lab, VpnNodes& nodes, PathPhase& probing) {
    if (spec_->scenario.events.empty()) return;
    begin("events");
    auto played =
        play_events(lab, *spec_, nodes, probing, options_->run_dir / "captures", *progress_);
    result_->events = std::move(played.events);
    network_ = std::move(played.network);
    const auto verdict = probing.judge_now();
    const auto whole =
        directions(verdict, probing.session().there(), probing.session().back(), probing.started());
    for (std::size_t i = 0; i < whole.size(); ++i)
      result_->paths.at(i).timeline = whole[i].timeline;
  }

  void record_claims(VpnNodes& nodes) {
    for (const auto& [machine, peer] :
         {std::pair(spec_->peer_a, spec_->peer_b), std::pair(spec_->peer_b, spec_->peer_a)}) {
      const auto claim = nodes.claim(machine, peer);
      result_->claims.push_back({.machine = machine,
                                 .path = claim.path,
                                 .via = claim.via,
                                 .endpoint = claim.endpoint,
                                 .problem = claim.problem});
    }
    compare_claims(*result_);
  }

  void prove(Lab& lab, VpnNodes& nodes, PathPhase& probing, LogKeeper& keeper) {
    if (result_->path != PathKind::unreachable) {
      auto others = spec_->relays; // everyone who could have carried it
      if (!result_->via.empty() && std::ranges::count(others, result_->via) == 0)
        others.push_back(result_->via);
      if (!others.empty())
        result_->proofs.push_back(prove_by_cut(lab, probing, others, result_->path));
      return;
    }
    nodes.check_daemons(); // an ended daemon explains silence better than any NAT
    result_->proofs.push_back(control_by_opening(lab, probing, *spec_));
    if (!result_->proofs.back().holds) {
      probing.stop();
      result_->proofs.push_back(twin_on_public_addresses(lab, nodes, keeper));
    }
  }

  /// Second control: the same seed and templates with both peers on the public segment.
  ProofResult twin_on_public_addresses(Lab& lab, VpnNodes& nodes, LogKeeper& keeper) {
    keeper.save(); // the twin's daemons write theirs in the same place
    nodes.stop();
    const auto twin = public_twin(*spec_);
    for (const auto& machine : twin.topology.machines)
      if (machine.role == "peer") lab.move(machine.name, machine.cards.front());
    VpnNodes twins(lab, twin);
    const LogKeeper twins_keeper(twins, options_->run_dir / "logs" / "twin");
    const auto started = twins.start();
    PathPhase probing(lab, twin, options_->run_dir / "captures", *progress_);
    probing.start(twins.node(spec_->peer_b).overlay, started);
    const auto verdict = probing.await_any(spec_->patience.control);
    probing.stop();
    return {.action = "twin: the same seed and templates, both peers on public addresses",
            .expected = "direct",
            .observed = to_string(verdict.path()),
            .holds = verdict.path() == PathKind::direct || verdict.path() == PathKind::local};
  }

  void conclude() {
    const auto expectation = oracle::expect(
        pairings_of(
            spec_->declared, spec_->peer_a, spec_->peer_b, spec_->relays, spec_->vpn.abilities),
        spec_->vpn.abilities);
    result_->expected = expectation.path;
    result_->expected_reason = expectation.reason;
    result_->expected_certainty = to_string(expectation.certainty);
    decide(*result_);
    if (const auto why = unchanged_event(result_->events); !why.empty()) {
      result_->verdict = Verdict::invalid;
      result_->reason = why;
      return;
    }
    if (!undecided_) return;
    result_->verdict = Verdict::inconclusive;
    result_->reason = "probes arrived, but too few of their frames could be told apart on the wire";
  }

  void measure(Lab& lab, VpnNodes& nodes) {
    auto& a = lab.machine(spec_->peer_a);
    auto& b = lab.machine(spec_->peer_b);
    const auto bare = public_address_of(network_, spec_->peer_b);
    std::vector<Sample> through;
    for (const auto& name : spec_->workloads) {
      progress_->live(name + " through the VPN");
      through.push_back(workload(name).run(a, b, nodes.node(spec_->peer_b).overlay));
      lab.check_alive();
    }
    // Last, and once: a flow that gets in while the gateways are open outlives their closing.
    open_gateways(lab, spec_->built, true);
    for (std::size_t i = 0; i < through.size(); ++i) {
      const auto& name = spec_->workloads[i];
      progress_->live(name + " without VPN");
      add_workload(*result_, name, through[i], workload(name).run(a, b, bare));
      lab.check_alive();
    }
  }

  const TrialSpec* spec_;
  const LabOptions* options_;
  Progress* progress_;
  Interrupt* interrupt_;
  TrialResult* result_;
  ProbeTrack asked_{}; ///< the probes of A while the path settled
  bool undecided_ = false;
  Network network_; ///< as events made it
  std::string phase_;
  std::chrono::steady_clock::time_point clock_;
};

void save(const TrialResult& result, const LabOptions& options) {
  write_result(options.run_dir / "result.json", result);
}

} // namespace

TrialResult run_trial(const TrialSpec& spec,
                      const LabOptions& options,
                      Progress& progress,
                      Interrupt& interrupt) {
  auto result = blank_result(spec, options.accelerator, options.image, options.run_dir);
  TrialRun run(spec, options, progress, interrupt, result);
  try {
    run.run();
    run.end();
  } catch (const Interrupted&) {
    run.end();
    result.verdict = Verdict::harness_error;
    result.reason = "interrupted";
    save(result, options);
    throw;
  } catch (const std::exception& error) {
    run.end();
    result.verdict = Verdict::harness_error;
    result.reason = error.what();
    if (interrupt.happened()) { // whatever failed, failed because the guests were ended
      result.reason = "interrupted";
      save(result, options);
      throw Interrupted();
    }
  }
  save(result, options);
  return result;
}

} // namespace hermesh
