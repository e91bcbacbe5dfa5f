// SPDX-License-Identifier: MIT
#include "runner/presence_check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr int fewest_questions = 21;
constexpr int most_questions = 200;
constexpr double overlooked = 1e-4; ///< how often a lossy link may lose none of the questions

/// So many questions that a link which loses so much loses one of them.
int questions_for(double loss_percent) {
  if (loss_percent <= 0) return fewest_questions;
  const double passes = std::max(1 - loss_percent / 100, 1e-9);
  const auto enough = static_cast<int>(std::ceil(std::log(overlooked) / std::log(passes)));
  return std::clamp(enough, fewest_questions, most_questions);
}

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
      : event_(event), world_(&world), card_(card_of(*world.network, event, target)) {}

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
    const int questions = questions_for(event_.link.loss_percent);
    for (int i = 0; i < questions; ++i) {
      knocker.knock(card_.attachment.ipv4.value());
      world_->pass(10ms);
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

  std::string why_not() const {
    if (before_.answered == 0) return card_.machine + " did not answer before the event either";
    if (!meanwhile_) return "nobody looked while it lasted";
    const auto slower = meanwhile_->median - before_.median;
    const bool all_lost = meanwhile_->answered == 0;
    if (event_.link.delay > Duration::zero() && !all_lost && slower < event_.link.delay / 2)
      return "the latency is the one from before";
    if (event_.link.loss_percent > 0 &&
        meanwhile_->lost() < before_.lost() + event_.link.loss_percent / 100 / 4)
      return "no more is lost than before";
    return {};
  }

  EventSpec event_;
  EventWorld* world_;
  Card card_;
  Latency before_{};
  std::optional<Latency> meanwhile_{}, after_{};
  std::optional<Time> seen_{};
};

} // namespace

EventCheck latency_check(const EventSpec& event, EventWorld& world, const std::string& target) {
  return check_of(std::make_shared<LatencyCheck>(event, world, target));
}

} // namespace hermesh
