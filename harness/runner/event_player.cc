// SPDX-License-Identifier: MIT
#include "runner/event_player.hh"

#include "runner/flow_changes.hh"
#include "runner/gateway_events.hh"
#include "runner/machine_events.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration last_look = 30s;   ///< for the path to come back after the last event
constexpr Duration settled_for = 3s;  ///< of answers: it is back
constexpr Duration flow_memory = 30s; ///< flows that were seen so long before an event count

class Player {
public:
  Player(Lab& lab,
         const TrialSpec& spec,
         VpnNodes& nodes,
         PathPhase& probing,
         const std::filesystem::path& captures,
         Progress& progress)
      : lab_(&lab), spec_(&spec), probing_(&probing), captures_(captures), progress_(&progress),
        network_(spec.built), hub_(lab.fabric()),
        world_{
            .hub = &hub_,
            .network = &network_,
            .captures = captures,
            .machine = [&lab](const std::string& name) -> Machine& { return lab.machine(name); },
            .move = [&lab](const std::string& name, const Attachment& to) { lab.move(name, to); },
            .kill = [&nodes](const std::string& machine) { nodes.kill(machine); },
            .restart = [&nodes](const std::string& machine) { nodes.restart(machine); },
            .stood_still =
                [&probing](const std::string& machine, Time from, Time to) {
                  probing.session().stood_still(machine, from, to);
                },
            .pass = [this](Duration by) { pass(by); }} {}

  PlayedTimeline play() {
    const auto begun = now();
    for (const auto& event : spec_->scenario.events) {
      while (now() < begun + event.at)
        pass(std::min<Duration>(begun + event.at - now(), 100ms));
      close_window();
      play_one(event);
    }
    for (const auto& undo : lasting_)
      undo();
    await_recovery();
    close_window();
    for (auto& result : results_)
      count_from(probing_->started(), result);
    return {.events = results_, .network = network_};
  }

private:
  Time now() { return lab_->fabric().now(); }

  void pass(Duration by) {
    const auto part = std::max(std::chrono::ceil<std::chrono::milliseconds>(by), 1ms);
    probing_->session().pump(part);
    lab_->check_alive();
  }

  Gateway& gateway_named(const std::string& name) {
    return *std::ranges::find(
        network_.gateways, name, [](const Gateway& one) { return one.spec.name; });
  }

  /// Where `wan-change` moves each of its targets to; of another event, nothing.
  std::map<std::string, Address> moves_of(const EventSpec& event) {
    std::map<std::string, Address> moves;
    std::vector<Address> promised;
    if (event.kind != EventKind::wan_change) return moves;
    for (const auto& target : targets_of(event, spec_->topology)) {
      const auto& gateway = gateway_named(target);
      const auto address = other_address(network_, gateway, promised);
      for (std::uint32_t i = 0; i < gateway.behaviour.external_addresses; ++i)
        promised.push_back(Address::v4(address.v4_value() + i));
      moves[target] = address;
    }
    return moves;
  }

  std::vector<PlayedEvent> prepare(const EventSpec& event,
                                   const std::map<std::string, Address>& moves) {
    std::vector<PlayedEvent> prepared;
    for (const auto& target : targets_of(event, spec_->topology)) {
      if (event_traits(event.kind).gateways) {
        const auto move = moves.find(target);
        prepared.push_back(
            {event,
             target,
             gateway_intervention(event,
                                  lab_->fabric(),
                                  target,
                                  move == moves.end() ? std::nullopt : std::optional(move->second)),
             gateway_check(event, hub_, network_, gateway_named(target))});
      } else {
        prepared.push_back({event,
                            target,
                            machine_intervention(event, world_, target),
                            machine_check(event, world_, target)});
      }
    }
    return prepared;
  }

  void play_one(const EventSpec& event) {
    progress_->note("event: " + event_title(event.kind, fmt::format("{}", who(event))));
    const auto moves = moves_of(event);
    auto prepared = prepare(event, moves);
    auto results = play_event(
        prepared, {}, [this] { return now(); }, [this](Duration by) { pass(by); });
    for (const auto& [name, address] : moves)
      gateway_named(name).spec.outside.ipv4 = address;
    if (!event.lasts)
      for (const auto& one : prepared)
        if (one.intervention.end) lasting_.push_back(one.intervention.end);
    first_open_ = results_.size();
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto& result = results[i];
      add_endpoints(prepared[i], result);
      progress_->note(fmt::format("  {}: {}: {}",
                                  result.target,
                                  result.changed ? "changed" : "CHANGED NOTHING",
                                  result.reason));
      results_.push_back(std::move(result));
    }
  }

  std::string who(const EventSpec& event) const {
    std::string text;
    for (const auto& target : targets_of(event, spec_->topology))
      text += (text.empty() ? "" : ", ") + target_word(event, target);
    return text;
  }

  /// Peers whose packets the event's target sends, or forwards.
  std::set<std::string> concerned(const EventSpec& event, const std::string& target) const {
    std::set<std::string> machines;
    for (const auto& peer : {spec_->peer_a, spec_->peer_b}) {
      const auto chain = chain_of(network_, peer);
      const bool behind = std::ranges::any_of(
          chain, [&](const Gateway* gateway) { return gateway->spec.name == target; });
      if (peer == target || (event_traits(event.kind).gateways && behind)) machines.insert(peer);
    }
    return machines;
  }

  /// What the event did to flows of the VPN itself. A gateway that should have changed them, and
  /// did not, changed nothing that matters.
  void add_endpoints(const PlayedEvent& played, EventResult& result) {
    const auto& event = played.spec;
    lab_->fabric().flush_captures();
    const auto from = result.asked - std::min(result.asked, flow_memory);
    for (const auto& machine : concerned(event, played.target)) {
      const auto changes = flow_changes(external_endpoints(captures_, machine, from),
                                        result.asked,
                                        played.in_effect,
                                        event.kind == EventKind::roam);
      if (changes.changed + changes.same == 0) continue;
      result.endpoint_before = changes.before;
      result.endpoint_after = changes.after;
      result.evidence.push_back(fmt::format("UDP flows of {}: {} moved, {} stayed; {} -> {}",
                                            machine,
                                            changes.changed,
                                            changes.same,
                                            changes.before,
                                            changes.after));
      // After a reboot a client may have asked for, and got, the port that it had.
      const bool should_move =
          event.kind == EventKind::wan_change ||
          (event.kind == EventKind::nat_reboot && !grants_ports(played.target));
      if (!should_move || changes.same == 0 || !translates(played.target)) continue;
      result.changed = false;
      result.reason = fmt::format("{} of {} flows of {} are seen from where they were",
                                  changes.same,
                                  changes.changed + changes.same,
                                  machine);
    }
  }

  bool grants_ports(const std::string& gateway) {
    return gateway_named(gateway).behaviour.port_mapping.grants();
  }

  bool translates(const std::string& gateway) const {
    return std::ranges::any_of(network_.gateways, [&](const Gateway& one) {
      return one.spec.name == gateway && one.behaviour.translating == nat::Translating::napt;
    });
  }

  /// What the last event did ends here.
  void close_window() {
    if (first_open_ >= results_.size()) return;
    const auto end = now();
    const auto path = probing_->judge_now().path();
    for (auto i = first_open_; i < results_.size(); ++i) {
      results_[i].path = path;
      add_recovery(results_[i], probing_->session().there(), probing_->session().back(), end);
    }
    first_open_ = results_.size();
  }

  void await_recovery() {
    const auto begun = now();
    auto& session = probing_->session();
    while (now() < begun + last_look) {
      pass(500ms);
      const auto end = now() - 1s; // later ones are on their way
      if (now() < begun + settled_for + 1s) continue;
      const auto sent = session.sent_between(end - settled_for, end);
      if (sent > 0 && session.answered_between(end - settled_for, end) * 10 >= sent * 8) return;
    }
  }

  static void count_from(Time started, EventResult& result) {
    result.asked -= started;
    if (result.ended) *result.ended -= started;
    if (result.seen) *result.seen -= started;
  }

  Lab* lab_;
  const TrialSpec* spec_;
  PathPhase* probing_;
  std::filesystem::path captures_;
  Progress* progress_;
  Network network_; ///< as events made it
  FrameHub hub_;
  EventWorld world_;
  std::vector<std::function<void()>> lasting_{};
  std::vector<EventResult> results_{};
  std::size_t first_open_ = 0; ///< of the results whose time is not over
};

} // namespace

PlayedTimeline play_events(Lab& lab,
                           const TrialSpec& spec,
                           VpnNodes& nodes,
                           PathPhase& probing,
                           const std::filesystem::path& captures,
                           Progress& progress) {
  return Player(lab, spec, nodes, probing, captures, progress).play();
}

} // namespace hermesh
