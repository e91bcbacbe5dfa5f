// SPDX-License-Identifier: MIT
#include "runner/presence_check.hh"

#include "base/error.hh"
#include "judge/endpoints.hh"
#include "runner/guest_facts.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {

const Card& card_of(const Network& network, const EventSpec& event, const std::string& target) {
  const auto found = std::ranges::find_if(network.cards, [&](const Card& card) {
    return event.segment.empty() ? card.machine == target : card.attachment.segment == target;
  });
  if (found == network.cards.end()) throw Error("nothing of '" + target + "' can be asked");
  return *found;
}

namespace {

using namespace std::chrono_literals;

/// What was under way when an event began, on any link that may delay.
constexpr Duration presence_grace = 300ms;
constexpr int most_first_knocks = 20;
constexpr Duration clock_error = 2s; ///< of a clock that was set over a slow channel

class PresenceCheck {
public:
  PresenceCheck(const EventSpec& event, EventWorld& world, const std::string& target)
      : event_(event), world_(&world), card_(card_of(*world.network, event, target)) {}

  void before() {
    knocker_.emplace(*world_->hub, *world_->network, card_.attachment.segment);
    for (int i = 0; i < most_first_knocks && answered_before_ == 0; ++i) {
      knock();
      answered_before_ = count(Time{0}, Time::max());
    }
    if (asks_guest()) facts_ = ask_guest_facts(machine());
    if (event_.kind != EventKind::relay_reset) return;
    loop().flush_captures(); // a relay that nobody needs any more was last heard long ago
    port_ = busiest_port(world_->captures, card_.machine, Time{0});
    ask_port();
    refused_before_ = knocker_->refusals();
  }

  void during() {
    if (!begun_) begun_ = loop().now();
    knock();
    if (event_.kind == EventKind::relay_reset) ask_port();
    ended_at_ = loop().now();
  }

  bool after(bool ended) {
    if (!over_) refused_meanwhile_ = knocker_->refusals() - refused_before_;
    if (!over_) away_ = window();
    over_ = true;
    ended_ = ended;
    if (!ended) return true;
    const auto asked = loop().now();
    knock();
    if (count(asked, Time::max()) == 0) return false;
    seen_ = loop().now();
    return true;
  }

  EventFinding conclude() {
    EventFinding finding{.before = answered_before_ > 0 ? "answers" : "silent",
                         .after = seen_ ? "answers" : "silent",
                         .seen = seen_ ? seen_ : begun_};
    finding.evidence.push_back(
        fmt::format("{} was asked by ARP on {}: {} of {} answered before the event was over",
                    card_.machine,
                    card_.attachment.segment,
                    away_.answered,
                    away_.asked));
    if (ended_ && asks_guest()) finding.evidence.push_back(guest_words());
    if (event_.kind == EventKind::relay_reset)
      finding.evidence.push_back(
          fmt::format("UDP port {} of {} refused {} packets (port unreachable)",
                      port_,
                      card_.machine,
                      refused_meanwhile_));
    finding.reason = why_not();
    finding.changed = finding.reason.empty();
    if (finding.changed) finding.reason = what();
    knocker_.reset();
    return finding;
  }

private:
  struct Window {
    std::size_t asked = 0;
    std::size_t answered = 0; ///< before the window's end
  };

  FabricLoop& loop() { return world_->loop(); }
  Machine& machine() { return world_->machine(card_.machine); }
  bool asks_guest() const {
    return event_.kind == EventKind::link_flap || event_.kind == EventKind::link_loss ||
           event_.kind == EventKind::sleep;
  }

  void knock() {
    knocker_->knock(card_.attachment.ipv4.value());
    world_->pass(100ms);
  }
  void ask_port() {
    if (port_ == 0) return;
    knocker_->ask_port(card_.attachment.ipv4.value(), card_.mac, port_);
    world_->pass(100ms);
  }
  std::size_t count(Time from, Time to) {
    return static_cast<std::size_t>(std::ranges::count_if(knocker_->knocks(), [&](const Knock& k) {
      return k.asked >= from && k.asked < to && k.answered.has_value();
    }));
  }
  /// A guest that wakes up answers what was asked while it slept: that was not in time.
  Window window() {
    Window seen;
    if (!begun_ || !ended_at_) return seen;
    for (const auto& knock : knocker_->knocks()) {
      if (knock.asked < *begun_ + presence_grace || knock.asked > *ended_at_) continue;
      ++seen.asked;
      if (knock.answered && *knock.answered <= *ended_at_) ++seen.answered;
    }
    return seen;
  }

  std::string guest_words() {
    now_facts_ = ask_guest_facts(machine());
    clock_off_ = now_facts_->wall_clock - host_wall_clock();
    return fmt::format("the guest saw its carriers change {} times; its clock differs from the "
                       "host's by {:.1f} s",
                       now_facts_->carrier_changes - facts_->carrier_changes,
                       std::chrono::duration<double>(clock_off_).count());
  }

  std::string why_not() const {
    if (answered_before_ == 0) return card_.machine + " did not answer before the event either";
    if (away_.asked == 0) return "it was too short to be looked at";
    if (event_.kind == EventKind::relay_reset) {
      if (port_ == 0) return card_.machine + " had sent no UDP, so nobody knows where it listens";
      if (refused_before_ > 0) return "the port was refused before the event too";
      return refused_meanwhile_ == 0 ? "the relay's port is not refused" : "";
    }
    if (away_.answered > 0)
      return fmt::format(
          "{} still answered {} of {} questions", card_.machine, away_.answered, away_.asked);
    if (ended_ && !seen_) return card_.machine + " did not come back";
    return ended_ ? guest_disagrees() : "";
  }

  std::string guest_disagrees() const {
    if (!now_facts_) return {};
    const bool noticed = now_facts_->carrier_changes > facts_->carrier_changes;
    if (event_.kind == EventKind::link_loss)
      return noticed ? "the guest saw its carrier go, and should not have" : "";
    if (!noticed) return "the guest did not see its carrier go";
    if (event_.kind == EventKind::sleep && std::chrono::abs(clock_off_) > clock_error)
      return "the guest's clock shows the time from before";
    return {};
  }

  std::string what() const {
    switch (event_.kind) {
    case EventKind::link_flap: return "nothing passed, and the guest saw its carrier go";
    case EventKind::link_loss: return "nothing passed, and the guest's carrier stayed";
    case EventKind::sleep: return "the guest stood still, and its clock shows the time it missed";
    case EventKind::relay_reset: return "the relay's port refuses who asks";
    default: return "the relay is silent";
    }
  }

  EventSpec event_;
  EventWorld* world_;
  Card card_;
  std::optional<Knocker> knocker_{};
  std::optional<GuestFacts> facts_{}, now_facts_{};
  Duration clock_off_{0};
  std::optional<Time> begun_{}, ended_at_{}, seen_{};
  Window away_{};
  std::size_t answered_before_ = 0, refused_before_ = 0, refused_meanwhile_ = 0;
  std::uint16_t port_ = 0;
  bool over_ = false, ended_ = false;
};

} // namespace

EventCheck presence_check(const EventSpec& event, EventWorld& world, const std::string& target) {
  return check_of(std::make_shared<PresenceCheck>(event, world, target));
}

} // namespace hermesh
