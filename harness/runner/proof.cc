// SPDX-License-Identifier: MIT
#include "runner/proof.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration cut_length = 3s;
constexpr Duration grace = 400ms; ///< what is in flight when the cut begins or ends proves nothing
constexpr double enough = 0.8;    ///< of the probes: a lossy profile must not look like a cut

void cut(Lab& lab, const std::vector<std::string>& machines, bool on) {
  lab.fabric().with([&](Fabric& fabric, Time) {
    for (const auto& machine : machines)
      fabric.cut(machine, on);
  });
}

} // namespace

ProofResult prove_by_cut(Lab& lab,
                         PathPhase& probing,
                         const std::vector<std::string>& relays,
                         PathKind claimed) {
  auto& session = probing.session();
  const auto begin = lab.fabric().now();
  cut(lab, relays, true);
  session.pump(std::chrono::duration_cast<std::chrono::milliseconds>(cut_length));
  cut(lab, relays, false);
  const auto end = lab.fabric().now();
  session.pump(1s); // answers on their way
  const auto sent = session.sent_between(begin + grace, end - grace);
  const auto answered = session.answered_between(begin + grace, end - grace);

  const bool should_stop = claimed == PathKind::relayed;
  ProofResult proof{
      .action = fmt::format("cut {} off for {}", fmt::join(relays, ", "), to_string(cut_length)),
      .expected = should_stop ? "the probes stop" : "the probes continue",
      .observed = fmt::format("{} of {} probes were answered", answered, sent)};
  proof.holds = sent > 0 && (should_stop ? answered == 0 : answered >= enough * sent);
  return proof;
}

void open_gateways(Lab& lab, const Network& network, bool on) {
  lab.fabric().with([&](Fabric& fabric, Time) {
    for (const auto& gateway : network.gateways)
      fabric.open(gateway.spec.name, on);
  });
}

ProofResult control_by_opening(Lab& lab, PathPhase& probing, const TrialSpec& spec) {
  const auto begin = lab.fabric().now();
  open_gateways(lab, spec.built, true);
  const auto verdict = probing.await_any(spec.patience.control);
  const auto took = std::chrono::duration<double>(lab.fabric().now() - begin).count();
  open_gateways(lab, spec.built, false);
  ProofResult proof{.action = "open every gateway, same daemons",
                    .expected = "the peers connect",
                    .observed = {}};
  proof.holds = verdict.path() != PathKind::unreachable;
  proof.observed = proof.holds ? fmt::format("connected within {:.1f} s", took)
                               : fmt::format("nothing arrived in {:.1f} s", took);
  return proof;
}

} // namespace hermesh
