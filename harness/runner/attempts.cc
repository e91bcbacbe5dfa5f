// SPDX-License-Identifier: MIT
#include "runner/attempts.hh"

#include "base/error.hh"
#include "judge/punches.hh"
#include "oracle/shared.hh"
#include "runner/certification.hh"
#include "runner/punchers.hh"
#include "runner/virtual_punch.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

void check_introduced(const TrialSpec& spec) {
  if (spec.relays.empty())
    throw InputError("topology '" + spec.topology.name +
                     "': found no machine of role relay, wanted one that introduces the pair");
}

/// What the puncher can do, and nothing more.
oracle::Expectation theory(const TrialSpec& spec, const Network& network, nat::Protocol transport) {
  const bool tcp = transport == nat::Protocol::tcp;
  const Abilities puncher{
      .punches_udp = !tcp, .punches_tcp = tcp, .transports = {tcp ? "tcp" : "udp"}};
  return oracle::expect(pairings_of(network, spec.peer_a, spec.peer_b, spec.relays, puncher),
                        puncher);
}

/// Other rules, nothing remembered, and proof that the rules are those.
void reconfigure(Lab& lab, const TrialSpec& cell, Attempt& attempt) {
  lab.adopt(cell.declared);
  const auto measured = certify_gateways(lab.fabric(), cell); // clears their state, too
  const auto bad = std::ranges::find(measured, false, &GatewayResult::certified);
  attempt.certified = bad == measured.end();
  if (!attempt.certified)
    attempt.differs =
        bad->gateway + (bad->evidence.empty() ? ": not measured" : ": " + bad->evidence.front());
}

/// Do the gateways let both ask the machine that introduces them?
bool are_let_ask(const TrialSpec& spec, const Network& network, nat::Protocol transport) {
  const auto lets = [&](const std::string& machine) {
    return std::ranges::all_of(chain_of(network, machine), [&](const Gateway* gateway) {
      return gateway->behaviour.passes(transport, Punchers::rendezvous_port);
    });
  };
  return lets(spec.peer_a) && lets(spec.peer_b) && chain_of(network, spec.relays.at(0)).empty() &&
         oracle::short_of_addresses(side_of(network, spec.peer_a), side_of(network, spec.peer_b))
             .empty();
}

TrialSpec with_network(TrialSpec spec, const Network& network) {
  spec.declared = spec.built = network;
  return spec;
}

} // namespace

Attempts run_attempts(const TrialSpec& spec,
                      const std::vector<Network>& networks,
                      nat::Protocol transport,
                      const LabOptions& options,
                      Progress& progress,
                      Interrupt& interrupt) {
  check_introduced(spec);
  Attempts attempts;
  auto begun = std::chrono::steady_clock::now();
  const auto end_of = [&](const char* phase) {
    const auto now = std::chrono::steady_clock::now();
    attempts.phases.push_back({.phase = phase, .took = now - begun});
    begun = now;
  };
  {
    progress.phase("boot");
    Lab lab(spec.topology, spec.built, options, interrupt);
    lab.start_machines();
    lab.await_machines();
    Punchers punchers(lab, spec);
    end_of("boot");
    progress.phase("cells");
    for (const auto& network : networks) {
      const auto start = lab.fabric().now();
      Attempt cell{.expected = theory(spec, network, transport)};
      reconfigure(lab, with_network(spec, network), cell);
      const auto said = punchers.punch(attempts.cells.size(), transport);
      cell.claimed = said.reached;
      cell.attempted = said.introduced || !are_let_ask(spec, network, transport);
      if (!cell.attempted) cell.differs = "a puncher was not told of the other in time";
      cell.took = lab.fabric().now() - start;
      attempts.cells.push_back(std::move(cell));
      progress.live(fmt::format("{} of {} cells", attempts.cells.size(), networks.size()));
    }
    lab.fabric().flush_captures();
    end_of("cells");
    progress.phase("tear-down");
  }
  const auto seen = judge_punches(options.run_dir / "captures", spec.peer_a, spec.peer_b);
  for (std::size_t i = 0; i < attempts.cells.size(); ++i)
    if (const auto found = seen.find(i); found != seen.end())
      attempts.cells[i].direct = found->second.direct();
  end_of("tear-down and judging");
  return attempts;
}

Attempts run_virtual_attempts(const TrialSpec& spec, const std::vector<Network>& networks) {
  check_introduced(spec);
  const auto begun = std::chrono::steady_clock::now();
  VirtualPunch lab(spec.built, spec.peer_a, spec.peer_b, spec.relays.at(0));
  Attempts attempts;
  for (const auto& network : networks) {
    const auto start = std::chrono::steady_clock::now();
    lab.adopt(network);
    const bool direct = lab.run().direct();
    attempts.cells.push_back({.direct = direct,
                              .claimed = direct,
                              .expected = theory(spec, network, nat::Protocol::udp),
                              .took = std::chrono::steady_clock::now() - start});
  }
  attempts.phases.push_back({.phase = "cells", .took = std::chrono::steady_clock::now() - begun});
  return attempts;
}

} // namespace hermesh
