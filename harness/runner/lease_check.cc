// SPDX-License-Identifier: MIT
#include "runner/lease_check.hh"

#include "runner/witness.hh"

#include <fmt/format.h>

namespace hermesh {
namespace {

std::string endpoint_words(const std::optional<Endpoint>& endpoint) {
  return endpoint ? to_string(*endpoint) : "nothing";
}

class LeaseCheck {
public:
  LeaseCheck(FrameHub& hub, const Network& network, const Gateway& gateway)
      : hub_(&hub), network_(&network), gateway_(&gateway) {}

  void before() {
    witness_.emplace(*hub_, *network_, *gateway_);
    flow_before_ = witness_->out();
    lease_ = witness_->lease();
    // Of another lease: what came in would live on, as any flow does.
    const auto other = witness_->lease();
    came_in_ = other && witness_->in(*other);
  }

  void during() {} // it is a step

  bool after(bool /*ended*/) {
    comes_in_ = lease_ && witness_->in(*lease_);
    flow_after_ = witness_->out();
    seen_ = hub_->loop().now();
    return true;
  }

  EventFinding conclude() {
    EventFinding finding{.before = endpoint_words(lease_),
                         .after = comes_in_ ? endpoint_words(lease_) : "nothing"};
    finding.evidence.push_back(fmt::format(
        "before: a lease of {}, a stranger's packet to another one {}; a flow seen from {}",
        endpoint_words(lease_),
        came_in_ ? "came in" : "did not come in",
        endpoint_words(flow_before_)));
    finding.evidence.push_back(fmt::format("afterwards: a stranger's packet to it {}; the flow "
                                           "seen from {}",
                                           comes_in_ ? "came in" : "did not come in",
                                           endpoint_words(flow_after_)));
    finding.reason = why_not();
    finding.changed = finding.reason.empty();
    if (finding.changed) {
      finding.reason = "the lease leads nowhere any more, a flow without one goes on";
      finding.seen = seen_;
    }
    witness_.reset();
    return finding;
  }

private:
  /// Empty: it changed what it should.
  std::string why_not() const {
    if (!lease_) return "the gateway granted no lease before the event";
    if (!came_in_) return "the lease let nobody in before the event";
    if (comes_in_) return "the lease from before still lets a stranger in";
    if (!flow_before_ || flow_after_ != flow_before_) return "a flow without a lease did not go on";
    return {};
  }

  FrameHub* hub_;
  const Network* network_;
  const Gateway* gateway_;
  std::optional<Witness> witness_{};
  std::optional<Endpoint> flow_before_{}, flow_after_{}, lease_{};
  std::optional<Time> seen_{};
  bool came_in_ = false, comes_in_ = false;
};

} // namespace

EventCheck lease_check(FrameHub& hub, const Network& network, const Gateway& gateway) {
  return check_of(std::make_shared<LeaseCheck>(hub, network, gateway));
}

} // namespace hermesh
