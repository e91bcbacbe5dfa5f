// SPDX-License-Identifier: MIT
#include "runner/gateway_events.hh"

#include "base/error.hh"
#include "runner/lease_check.hh"
#include "runner/witness.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

std::string words(const std::optional<Endpoint>& endpoint) {
  return endpoint ? to_string(*endpoint) : "nothing";
}

std::string pass_or_not(bool passes) {
  return passes ? "passed" : "did not pass";
}

/// What the checks of gateways share: a flow of a witness, before, meanwhile, afterwards.
class GatewayCheck {
public:
  GatewayCheck(const EventSpec& event,
               FrameHub& hub,
               const Network& network,
               const Gateway& gateway)
      : event_(event), hub_(&hub), network_(&network), gateway_(&gateway) {}

  void before() {
    witness_.emplace(*hub_, *network_, *gateway_);
    before_ = witness_->out();
    came_in_ = before_ && witness_->in(*before_);
    fresh_before_ = witness_->fresh().has_value();
    tcp_before_ = witness_->tcp();
  }

  void during() {
    ++asked_;
    if (!takes_state() && !seen_) seen_ = hub_->loop().now();
    const auto flow = witness_->out();
    if (flow) ++passed_;
    if (flow && flow != before_) ++moved_;
    if (event_.kind == EventKind::table_full && witness_->fresh()) ++fresh_passed_;
    // Once is enough: each is another mapping, and a host may have only so many.
    if (event_.kind == EventKind::udp_block && tcp_passed_ == 0 && witness_->tcp()) ++tcp_passed_;
  }

  bool after(bool ended) {
    ended_ = ended;
    if (!ended) return true;
    if (!asked_inside_) { // before the inside speaks again, which would open the way
      asked_inside_ = true;
      comes_in_ = before_ && witness_->in(*before_);
    }
    after_ = witness_->out();
    fresh_after_ = witness_->fresh().has_value();
    if (after_ && takes_state()) seen_ = hub_->loop().now();
    return after_.has_value();
  }

  EventFinding conclude() {
    EventFinding finding{.before = words(before_), .after = words(after_), .seen = seen_};
    finding.evidence.push_back(fmt::format("before: a flow of a virtual host is seen from {}, its "
                                           "answer {}, a new flow {}, TCP {}",
                                           words(before_),
                                           pass_or_not(came_in_),
                                           pass_or_not(fresh_before_),
                                           pass_or_not(tcp_before_)));
    finding.evidence.push_back(
        fmt::format("meanwhile: {} of {} packets of that flow passed, {} from elsewhere",
                    passed_,
                    asked_,
                    moved_));
    if (ended_)
      finding.evidence.push_back(
          fmt::format("afterwards: what was sent to the old endpoint {}; the flow is seen from {}",
                      pass_or_not(comes_in_),
                      words(after_)));
    finding.reason = why_not();
    finding.changed = finding.reason.empty();
    if (finding.changed) finding.reason = what();
    witness_.reset();
    return finding;
  }

private:
  /// Else it is there for as long as it lasts, and everything is as before afterwards.
  bool takes_state() const {
    return event_.kind == EventKind::nat_reboot || event_.kind == EventKind::wan_change;
  }

  /// Empty: it changed what it should.
  std::string why_not() const {
    if (!before_) return "no packet passed the gateway before the event, so nothing could change";
    if (asked_ == 0) return "nobody looked while it lasted";
    switch (event_.kind) {
    case EventKind::nat_reboot:
    case EventKind::wan_change: return why_state_stayed();
    case EventKind::udp_block:
      if (passed_ > 0) return fmt::format("{} of {} UDP packets still passed", passed_, asked_);
      if (tcp_before_ && tcp_passed_ == 0) return "TCP stopped too";
      return ended_ && !after_ ? "UDP did not pass again when it was over" : "";
    case EventKind::table_full:
      if (!fresh_before_) return "no new flow passed before the event either";
      if (passed_ == 0 || moved_ > 0) return "the flow that there was did not go on as it was";
      if (fresh_passed_ > 0) return fmt::format("{} new flows still passed", fresh_passed_);
      return ended_ && !fresh_after_ ? "no new flow passed when it was over" : "";
    default: return "not an event of a gateway";
    }
  }

  std::string why_state_stayed() const {
    if (passed_ > 0)
      return fmt::format("{} of {} packets passed while the gateway was away", passed_, asked_);
    if (!after_) return "no packet passed the gateway when it was back";
    const bool translates = gateway_->behaviour.translating == nat::Translating::napt;
    if (translates && after_ == before_) return "the external endpoint is the one from before";
    if (event_.kind == EventKind::wan_change && after_->address == before_->address)
      return "the external address is the one from before";
    if (comes_in_) return "what was sent to the old external endpoint still came in";
    return {};
  }

  std::string what() const {
    switch (event_.kind) {
    case EventKind::udp_block: return "no UDP passed, what was established neither";
    case EventKind::table_full: return "nothing new passed, what lived went on";
    default:
      return "nothing passed meanwhile, the old external endpoint leads nowhere" +
             std::string(after_ != before_ ? ", there is another" : "");
    }
  }

  EventSpec event_;
  FrameHub* hub_;
  const Network* network_;
  const Gateway* gateway_;
  std::optional<Witness> witness_{};
  std::optional<Endpoint> before_{}, after_{};
  std::optional<Time> seen_{};
  bool came_in_ = false, comes_in_ = false, asked_inside_ = false, ended_ = false;
  bool fresh_before_ = false, fresh_after_ = false, tcp_before_ = false;
  unsigned asked_ = 0, passed_ = 0, moved_ = 0, fresh_passed_ = 0, tcp_passed_ = 0;
};

} // namespace

Address other_address(const Network& network,
                      const Gateway& gateway,
                      const std::vector<Address>& promised) {
  const auto& outside = gateway.spec.outside;
  const auto prefix = segment_of(network, outside.segment).ipv4;
  if (!outside.ipv4 || !prefix) throw Error("gateway '" + gateway.spec.name + "' has no IPv4");
  auto used = addresses_on(network, outside.segment);
  used.insert(used.end(), promised.begin(), promised.end());
  const std::uint32_t count = gateway.behaviour.external_addresses;
  const auto first = prefix->address.v4_value() + 1;
  const auto last = prefix->broadcast().v4_value() - count;
  const auto free = [&](std::uint32_t address) {
    return std::ranges::none_of(used, [&](const Address& other) {
      return other.is_v4() && other.v4_value() - address < count;
    });
  };
  // The middle of the prefix: topologies number from below, virtual hosts from above.
  const auto middle = first + (last - first) / 2;
  for (auto address = middle; address <= last; ++address)
    if (free(address)) return Address::v4(address);
  for (auto address = middle; address-- > first;)
    if (free(address)) return Address::v4(address);
  throw Error("segment '" + outside.segment + "' has no other address for gateway '" +
              gateway.spec.name + "'");
}

Intervention gateway_intervention(const EventSpec& event,
                                  FabricLoop& loop,
                                  const std::string& name,
                                  const std::optional<Address>& move) {
  const auto step = [&loop](auto body) {
    return [&loop, body] { loop.with([&](Fabric& fabric, Time) { body(fabric); }); };
  };
  switch (event.kind) {
  case EventKind::nat_reboot:
    return {.begin = step([name](Fabric& fabric) {
              fabric.hold(name, true);
              fabric.reboot(name);
            }),
            .end = step([name](Fabric& fabric) { fabric.hold(name, false); })};
  case EventKind::wan_change:
    return {.begin = step([name, address = move.value()](Fabric& fabric) {
              fabric.hold(name, true);
              fabric.change_address(name, address);
            }),
            .end = step([name](Fabric& fabric) { fabric.hold(name, false); })};
  case EventKind::udp_block:
    return {.begin = step([name](Fabric& fabric) { fabric.block_udp(name, true); }),
            .end = step([name](Fabric& fabric) { fabric.block_udp(name, false); })};
  case EventKind::table_full:
    return {.begin = step([name](Fabric& fabric) { fabric.fill(name, true); }),
            .end = step([name](Fabric& fabric) { fabric.fill(name, false); })};
  case EventKind::port_mapping_restart:
    return {.begin = step([name](Fabric& fabric) { fabric.restart_port_mapping(name); }),
            .end = {}};
  default: throw Error("'" + to_string(event.kind) + "' is no event of a gateway");
  }
}

EventCheck gateway_check(const EventSpec& event,
                         FrameHub& hub,
                         const Network& network,
                         const Gateway& gateway) {
  if (event.kind == EventKind::port_mapping_restart) return lease_check(hub, network, gateway);
  return check_of(std::make_shared<GatewayCheck>(event, hub, network, gateway));
}

} // namespace hermesh
