// SPDX-License-Identifier: MIT
#include "runner/flow_changes.hh"
#include "runner/presence_check.hh"
#include "runner/witness.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration endpoint_memory = 30s; ///< flows that were seen so long before an event count
constexpr int address_knocks = 3;

class EndpointCheck {
public:
  EndpointCheck(const EventSpec& event, EventWorld& world, const std::string& target)
      : event_(event), world_(&world), card_(card_of(*world.network, event, target)) {}

  void before() {
    if (roams()) {
      old_here_ = answers(card_.attachment);
      new_there_before_ = answers(free_attachment(*world_->network, event_.to));
    } else {
      const auto* gateway = chain_of(*world_->network, card_.machine).front();
      neighbour_.emplace(*world_->hub, *world_->network, *gateway);
      neighbour_before_ = neighbour_->out();
    }
    moment_ = world_->loop().now();
  }

  void during() {
    if (!in_effect_) in_effect_ = world_->loop().now();
  }

  bool after(bool /*ended*/) {
    auto& loop = world_->loop();
    if (!in_effect_) in_effect_ = loop.now();
    loop.flush_captures();
    const auto from = moment_ - std::min(moment_, endpoint_memory);
    changes_ = flow_changes(
        external_endpoints(world_->captures, card_.machine, from), moment_, *in_effect_, roams());
    if (roams()) {
      const auto now = card_of(*world_->network, event_, card_.machine);
      new_there_ = answers(now.attachment) && now.attachment.segment == event_.to;
      old_gone_ = !answers(card_.attachment);
      // A machine whose way out crosses no gateway has no endpoint but its own.
      return new_there_ &&
             (changes_.changed > 0 || chain_of(*world_->network, card_.machine).empty());
    }
    return changes_.changed + changes_.same > 0;
  }

  EventFinding conclude() {
    EventFinding finding{.before = changes_.before, .after = changes_.after, .seen = changes_.seen};
    finding.evidence.push_back(
        fmt::format("UDP flows of {} on the wire: {} are seen from another endpoint since, {} from "
                    "the same",
                    card_.machine,
                    changes_.changed,
                    changes_.same));
    if (roams())
      finding.evidence.push_back(fmt::format("{} answers ARP on {}: {}; on {}: {}",
                                             card_.machine,
                                             event_.to,
                                             new_there_ ? "yes" : "no",
                                             card_.attachment.segment,
                                             old_gone_ ? "no" : "yes"));
    finding.reason = roams() ? why_not_there() : why_not_other();
    finding.changed = finding.reason.empty();
    if (finding.changed)
      finding.reason = roams()
                           ? "it is on the other segment, with another address, seen from elsewhere"
                           : "its flows are seen from elsewhere, a neighbour's are not";
    neighbour_.reset();
    return finding;
  }

private:
  bool roams() const { return event_.kind == EventKind::roam; }

  bool answers(const Attachment& at) {
    if (!at.ipv4) return false;
    Knocker knocker(*world_->hub, *world_->network, at.segment);
    for (int i = 0; i < address_knocks; ++i) {
      knocker.knock(*at.ipv4);
      world_->pass(100ms);
    }
    return std::ranges::any_of(knocker.knocks(),
                               [](const Knock& k) { return k.answered.has_value(); });
  }

  std::string why_not_there() const {
    if (!old_here_) return card_.machine + " did not answer before the event either";
    if (new_there_before_) return "somebody had its new address before";
    if (!new_there_) return card_.machine + " does not answer on " + event_.to;
    if (!old_gone_) return card_.machine + " still answers on " + card_.attachment.segment;
    return changes_.same > 0 ? "its external endpoint is the one from before" : "";
  }

  std::string why_not_other() {
    if (changes_.changed + changes_.same == 0)
      return card_.machine + " has no flow that was seen both before and since";
    if (changes_.same > 0)
      return fmt::format("{} of {} flows are seen from where they were",
                         changes_.same,
                         changes_.changed + changes_.same);
    if (!neighbour_before_) return "no neighbour's flow passed before the event";
    return neighbour_->out() != neighbour_before_ ? "a neighbour's flow changed too" : "";
  }

  EventSpec event_;
  EventWorld* world_;
  Card card_; ///< as it was
  std::optional<Witness> neighbour_{};
  std::optional<Endpoint> neighbour_before_{};
  Time moment_{0};                  ///< before it begins
  std::optional<Time> in_effect_{}; ///< it has begun
  FlowChanges changes_{};
  bool old_here_ = false, new_there_before_ = false, new_there_ = false, old_gone_ = false;
};

} // namespace

EventCheck endpoint_check(const EventSpec& event, EventWorld& world, const std::string& target) {
  return check_of(std::make_shared<EndpointCheck>(event, world, target));
}

} // namespace hermesh
