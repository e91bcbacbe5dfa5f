// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/drop_counters.hh"
#include "fabric/fabric.hh"
#include "fabric/frame_store.hh"
#include "fabric/gateway_engine.hh"
#include "fabric/link.hh"
#include "fabric/segment.hh"

#include <limits>
#include <memory>
#include <queue>
#include <span>
#include <vector>

namespace hermesh {

/// The inside of Fabric: ports and their links, segments, and the order in which things that are
/// due happen. Gateways call back into it to send and to drop.
///
/// A frame that meets no delay travels in its caller's buffer, as a chain of calls from port to
/// segment to gateway to segment to the deliver hook. A frame that the hook hands to `receive`
/// again (a virtual host that answers at once) waits until that chain has ended.
class Core {
public:
  static constexpr Time never = Time::max();

  Core(const Network& network, Fabric::Hooks hooks);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void receive(PortId port, wire::MutableBytes frame, Time now);
  std::optional<Time> advance(Time now);

  PortId port(std::string_view card) const;
  std::size_t port_count() const { return ports_.size(); }
  PortId attach(std::string_view segment, const MacAddress& mac);
  void detach(PortId port);
  void move(PortId port, std::string_view segment);
  void cut(std::string_view machine, bool on);
  void full(PortId port, bool on);
  void lose(PortId card, bool on) { at(card).lost = on; }
  void lose(std::string_view segment, bool on) { segments_[segment_index(segment)].lost = on; }
  void impair(PortId card, const Profile& profile);
  GatewayEngine& gateway(std::string_view name);

  std::vector<LedgerRow> ledger() const { return drops_.rows(); }
  std::vector<FlowRow> flows() const;
  std::vector<std::string> segment_ports(std::size_t segment) const;

  // For gateways.
  Time now() const { return now_; }
  /// Switch a frame that enters its segment by `transit.source`.
  void transmit(const Transit& transit);
  /// `switched`: TapRecord.
  void
  drop(DropCounters::Place place, const Transit& transit, DropReason reason, bool switched = true);
  /// A gateway has something to do at `at`.
  void wake_at(Time at) { wake_ = std::min(wake_, at); }

private:
  struct Port {
    std::string name;
    std::string machine; ///< empty for a virtual host
    MacAddress mac{};
    DropCounters::Place place = 0;
    std::uint32_t segment = 0;
    std::uint32_t source = 0; ///< its index among the segment's ports
    Link link;
    std::size_t in_flight = 0; ///< frames that its link holds
    bool cut = false;
    bool lost = false; ///< the cable is; nobody was told
    bool full = false;
    bool detached = false;
  };
  struct Delayed {
    Time due{0};
    std::uint64_t sequence = 0; ///< frames that are due together go in the order in which they came
    std::uint32_t port = 0;
    std::uint32_t segment = 0;
    std::uint32_t source = 0;
    FrameStore::Slot slot = 0;

    bool operator>(const Delayed& other) const {
      return due != other.due ? due > other.due : sequence > other.sequence;
    }
  };
  struct Deferred {
    PortId port{};
    std::vector<std::byte> frame;
  };

  Port& at(PortId port);
  std::uint32_t segment_index(std::string_view name) const;
  std::uint32_t join(std::uint32_t segment,
                     const std::string& name,
                     PortKind kind,
                     std::uint32_t owner,
                     std::uint32_t side);
  void add_gateways(const Network& network);
  void enter(PortId port, wire::MutableBytes frame);
  void enter_link(std::uint32_t index, const Transit& transit);
  void deliver(const Transit& transit, const SegmentPort& port);
  void flood(const Transit& transit);
  DropCounters::Place place_of(const SegmentPort& port) const;
  void drop_at_port(const Port& port, const Transit& transit, DropReason reason);
  void drop_on_entry(const Port& port, const Transit& transit, DropReason reason);
  void settle(Time now);
  Time next_due() const;
  void release_one();
  void run_deferred();

  Fabric::Hooks hooks_;
  std::uint64_t seed_;
  Time now_{0};
  Time wake_ = never; ///< nothing is due before
  bool busy_ = false; ///< a chain of calls is under way
  std::vector<Segment> segments_;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<GatewayEngine>> gateways_;
  DropCounters drops_;
  FrameStore in_flight_;
  std::priority_queue<Delayed, std::vector<Delayed>, std::greater<>> delayed_;
  std::uint64_t sequence_ = 0;
  std::size_t impairments_ = 0; ///< so far: each draws by a seed of its own
  std::size_t attached_ = 0;    ///< virtual hosts so far: they are numbered
  std::vector<Deferred> deferred_;
};

} // namespace hermesh
