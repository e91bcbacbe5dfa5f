// SPDX-License-Identifier: MIT
#include "runner/matrix.hh"

#include "base/error.hh"
#include "runner/certification.hh"
#include "runner/lab.hh"
#include "runner/probe_link.hh"
#include "runner/run_dir.hh"
#include "runner/virtual_punch.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using nat::Dependence;
using nlohmann::json;

constexpr std::uint16_t rendezvous_port = 3478;
constexpr Duration between_punches = 40ms;
constexpr unsigned punch_rounds = 6;
constexpr Duration puncher_patience = 20s; ///< for what takes half a second on an idle host

/// Which gateways the matrix is about.
struct Sides {
  std::string a, b;

  explicit Sides(const TrialSpec& spec)
      : a(next_to(spec, spec.peer_a)), b(next_to(spec, spec.peer_b)) {}

  static std::string next_to(const TrialSpec& spec, const std::string& machine) {
    const auto chain = chain_of(spec.declared, machine);
    if (chain.empty())
      throw InputError("topology '" + spec.topology.name + "': found no gateway in front of '" +
                       machine + "', wanted one whose kind can be varied");
    return chain.front()->spec.name;
  }
};

/// The network with the two gateways behaving so.
TrialSpec with_kinds(const TrialSpec& spec,
                     const Sides& sides,
                     const nat::Behaviour& a,
                     const nat::Behaviour& b) {
  auto cell = spec;
  for (auto& gateway : cell.declared.gateways) {
    if (gateway.spec.name == sides.a) gateway.behaviour = a;
    if (gateway.spec.name == sides.b) gateway.behaviour = b;
  }
  cell.built = cell.declared;
  return cell;
}

bool theory(const TrialSpec& cell) {
  return oracle::direct(side_of(cell.declared, cell.peer_a), side_of(cell.declared, cell.peer_b));
}

template <typename Visit>
void each_cell(nat::FlowRule flows, Visit visit) {
  const auto kinds = nine_kinds(flows);
  for (const auto& a : kinds)
    for (const auto& b : kinds)
      visit(a, b);
}

/// The probe programs of the pair and of the machine that introduces them.
class Punchers {
public:
  Punchers(Lab& lab, const TrialSpec& spec) : lab_(&lab) {
    for (const auto& name : {spec.peer_a, spec.peer_b, spec.relays.at(0)})
      links_.push_back(std::make_unique<ProbeLink>(
          name,
          lab.machine(name).open_probe(),
          [this] { return lab_->fabric().now(); },
          [this](const json& event) { take(event); }));
    for (const auto& link : links_)
      await([&] { return link->ready(); }, "answer");
    const auto server = std::ranges::find(spec.declared.cards, spec.relays.at(0), &Card::machine);
    server_ = to_string(server->attachment.ipv4.value());
    ask(*links_[2], {{"do", "rendezvous"}, {"address", "0.0.0.0"}, {"port", rendezvous_port}});
  }

  /// True when one of the two says that it was answered.
  bool punch(std::uint64_t session) {
    session_ = session;
    told_ = {};
    for (std::size_t side = 0; side < 2; ++side)
      ask(*links_[side],
          {{"do", "punch"},
           {"session", session},
           {"side", side},
           {"server", server_},
           {"port", rendezvous_port},
           {"interval_ms", between_punches / 1ms},
           {"rounds", punch_rounds}});
    await([&] { return told_[0] && told_[1]; }, "say what came of a punch");
    return *told_[0] || *told_[1];
  }

private:
  void take(const json& event) {
    if (event.value("event", "") != "punched" || event.value("session", 0ULL) != session_) return;
    const auto side = event.value("side", 2U);
    if (side < told_.size()) told_.at(side) = !event.at("reached").is_null();
  }

  void ask(ProbeLink& link, json request) {
    const auto id = link.send(std::move(request));
    await([&] { return link.take_answer(id).has_value(); }, "do as it was asked");
  }

  template <typename Done>
  void await(Done done, std::string_view what) {
    const auto deadline = lab_->fabric().now() + puncher_patience;
    while (!done()) {
      if (lab_->fabric().now() > deadline)
        throw Error(
            fmt::format("waited {} for a probe program to {}", to_string(puncher_patience), what));
      std::array<pollfd, 3> polls{};
      for (std::size_t i = 0; i < polls.size(); ++i)
        polls.at(i) = {links_[i]->fd(), POLLIN, 0};
      ::poll(polls.data(), links_.size(), 100);
      for (std::size_t i = 0; i < links_.size(); ++i)
        if (polls.at(i).revents != 0) links_[i]->read();
      lab_->check_alive();
    }
  }

  Lab* lab_;
  std::vector<std::unique_ptr<ProbeLink>> links_{};
  std::string server_{};
  std::uint64_t session_ = 0;
  std::array<std::optional<bool>, 2> told_{};
};

/// Other rules, nothing remembered, and proof that the rules are those.
bool reconfigure(Lab& lab, const TrialSpec& cell) {
  lab.fabric().with([&](Fabric& fabric, Time) {
    for (const auto& gateway : cell.declared.gateways)
      fabric.set_behaviour(gateway.spec.name, gateway.behaviour);
  });
  const auto measured = certify_gateways(lab.fabric(), cell); // clears their state, too
  return std::ranges::all_of(measured, &GatewayResult::certified);
}

} // namespace

std::size_t Matrix::direct_count() const {
  return static_cast<std::size_t>(std::ranges::count(cells, true, &MatrixCell::direct));
}

std::size_t Matrix::surprises() const {
  return static_cast<std::size_t>(std::ranges::count(cells, false, &MatrixCell::as_expected));
}

std::vector<nat::Behaviour> nine_kinds(nat::FlowRule flows) {
  constexpr std::array grades{Dependence::endpoint_independent,
                              Dependence::address_dependent,
                              Dependence::address_and_port_dependent};
  std::vector<nat::Behaviour> kinds;
  for (const auto mapping : grades)
    for (const auto filtering : grades)
      kinds.push_back({.mapping = mapping,
                       .filtering = filtering,
                       .ports = mapping == Dependence::endpoint_independent
                                    ? nat::PortAssignment::preserve
                                    : nat::PortAssignment::random,
                       .flows = flows});
  return kinds;
}

Matrix run_matrix(const TrialSpec& spec,
                  nat::FlowRule flows,
                  const TrialOptions& options,
                  Progress& progress,
                  Interrupt& interrupt) {
  const Sides sides(spec);
  if (spec.relays.empty())
    throw InputError("topology '" + spec.topology.name +
                     "': found no machine of role relay, wanted one that introduces the pair");
  Matrix matrix;
  auto begun = std::chrono::steady_clock::now();
  const auto end_of = [&](const char* phase) {
    const auto now = std::chrono::steady_clock::now();
    matrix.phases.push_back({.phase = phase, .took = now - begun});
    begun = now;
  };
  const auto captures = options.run_dir / "captures";
  {
    progress.phase("boot");
    Lab lab(spec.topology,
            spec.built,
            {.uri = options.uri,
             .accelerator = options.accelerator,
             .image = options.image,
             .run_dir = options.run_dir,
             .run_id = run_id_of(options.run_dir)},
            interrupt);
    lab.start_machines();
    lab.await_machines();
    Punchers punchers(lab, spec);
    end_of("boot");
    progress.phase("cells");
    each_cell(flows, [&](const nat::Behaviour& a, const nat::Behaviour& b) {
      const auto start = lab.fabric().now();
      const auto cell = with_kinds(spec, sides, a, b);
      const bool certified = reconfigure(lab, cell);
      const bool claimed = punchers.punch(matrix.cells.size());
      matrix.cells.push_back({.a = a,
                              .b = b,
                              .claimed = claimed,
                              .expected = theory(cell),
                              .certified = certified,
                              .took = lab.fabric().now() - start});
      progress.live(fmt::format("{} of 81 cells", matrix.cells.size()));
    });
    lab.fabric().flush_captures();
    end_of("cells");
    progress.phase("tear-down");
  }
  const auto seen = judge_punches(captures, spec.peer_a, spec.peer_b);
  for (std::size_t i = 0; i < matrix.cells.size(); ++i)
    if (const auto found = seen.find(i); found != seen.end())
      matrix.cells[i].direct = found->second.direct();
  end_of("tear-down and judging");
  return matrix;
}

Matrix run_virtual_matrix(const TrialSpec& spec, nat::FlowRule flows) {
  const Sides sides(spec);
  const auto begun = std::chrono::steady_clock::now();
  VirtualPunch lab(spec.built, spec.peer_a, spec.peer_b, spec.relays.at(0));
  Matrix matrix;
  each_cell(flows, [&](const nat::Behaviour& a, const nat::Behaviour& b) {
    const auto start = std::chrono::steady_clock::now();
    lab.fabric().set_behaviour(sides.a, a);
    lab.fabric().set_behaviour(sides.b, b);
    const bool direct = lab.run().direct();
    matrix.cells.push_back({.a = a,
                            .b = b,
                            .direct = direct,
                            .claimed = direct,
                            .expected = theory(with_kinds(spec, sides, a, b)),
                            .took = std::chrono::steady_clock::now() - start});
  });
  matrix.phases.push_back({.phase = "cells", .took = std::chrono::steady_clock::now() - begun});
  return matrix;
}

} // namespace hermesh
