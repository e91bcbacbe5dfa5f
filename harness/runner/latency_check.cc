// SPDX-License-Identifier: MIT
#include "runner/presence_check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr unsigned fewest_questions = 21; ///< for a median

struct Latency {
  std::size_t asked = 0;
  std::size_t answered = 0;
  Duration median{0};

  double lost() const {
    return asked == 0 ? 0 : 1 - static_cast<double>(answered) / static_cast<double>(asked);
  }
  std::string words() const {
    return answered == 0 ? "no answer"
                         : fmt::format("{:.1f} ms, {:.0f} % lost",
                                       std::chrono::duration<double, std::milli>(median).count(),
                                       100 * lost());
  }
};

class LatencyCheck {
public:
  LatencyCheck(const EventSpec& event, EventWorld& world, const std::string& target)
      : event_(event), world_(&world), card_(card_of(*world.network, event, target)),
        step_(path_step(card_.profile, event.link)) {}

  void before() { before_ = measure(); }
  void during() {
    if (meanwhile_) return;
    meanwhile_ = measure();
    seen_ = world_->loop().now();
  }
  bool after(bool ended) {
    if (ended) after_ = measure();
    return true;
  }

  EventFinding conclude() {
    EventFinding finding{.before = before_.words(),
                         .after = meanwhile_ ? meanwhile_->words() : "not measured",
                         .seen = seen_};
    finding.evidence.push_back(
        fmt::format("{} was asked by ARP: before {}, meanwhile {}{}",
                    card_.machine,
                    finding.before,
                    finding.after,
                    after_ ? ", afterwards " + after_->words() : std::string()));
    finding.reason = why_not();
    finding.changed = finding.reason.empty();
    if (finding.changed) finding.reason = "latency or loss of the machine's link changed";
    return finding;
  }

private:
  Latency measure() {
    Knocker knocker(*world_->hub, *world_->network, card_.attachment.segment);
    for (unsigned i = 0; i < questions(); ++i) {
      knocker.knock(card_.attachment.ipv4.value());
      world_->pass(5ms);
    }
    world_->pass(500ms + event_.link.delay + event_.link.jitter);
    Latency latency;
    std::vector<Duration> took;
    for (const auto& knock : knocker.knocks()) {
      ++latency.asked;
      if (knock.answered) took.push_back(*knock.answered - knock.asked);
    }
    latency.answered = took.size();
    std::ranges::sort(took);
    if (!took.empty()) latency.median = took[took.size() / 2];
    return latency;
  }

  unsigned questions() const {
    if (!step_.loss) return fewest_questions;
    return std::max(fewest_questions, static_cast<unsigned>(std::ceil(step_.test.questions)));
  }

  std::string why_not() const {
    if (before_.answered == 0) return card_.machine + " did not answer before the event either";
    if (!meanwhile_) return "nobody looked while it lasted";
    if (step_.latency != Duration::zero()) {
      if (meanwhile_->answered > 0 && !has_moved(*meanwhile_))
        return "the latency is the one from before";
      if (after_ && after_->answered > 0 && has_moved(*after_))
        return "the latency did not come back";
    }
    if (step_.loss) {
      if (loses_otherwise(before_)) return "as much was lost before";
      if (!loses_otherwise(*meanwhile_)) return "no more is lost than before";
      if (after_ && loses_otherwise(*after_)) return "the loss did not go";
    }
    return {};
  }

  /// Nearer to the event's latency than to the one from before.
  bool has_moved(const Latency& latency) const {
    const auto moved = latency.median - before_.median;
    return step_.latency > Duration::zero() ? moved > step_.latency / 2 : moved < step_.latency / 2;
  }
  bool loses_otherwise(const Latency& latency) const {
    const bool more = event_.link.loss_percent > card_.profile.loss_percent;
    return more ? latency.lost() > step_.test.divide : latency.lost() < step_.test.divide;
  }

  EventSpec event_;
  EventWorld* world_;
  Card card_;
  PathStep step_;
  Latency before_{};
  std::optional<Latency> meanwhile_{}, after_{};
  std::optional<Time> seen_{};
};

} // namespace

EventCheck latency_check(const EventSpec& event, EventWorld& world, const std::string& target) {
  return check_of(std::make_shared<LatencyCheck>(event, world, target));
}

} // namespace hermesh
