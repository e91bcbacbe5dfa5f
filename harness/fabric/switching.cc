// SPDX-License-Identifier: MIT
//
// How frames travel: from a port through its link onto a segment, and from there to cards and
// gateways; and what is due when.
#include "fabric/core.hh"

namespace hermesh {
namespace {

/// A chain of calls is under way, whatever way it ends: a hook may throw.
class Turn {
public:
  explicit Turn(bool& flag) : flag_(flag) { flag_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { flag_ = false; }

private:
  bool& flag_;
};

} // namespace

void Core::receive(PortId port, wire::MutableBytes frame, Time now) {
  at(port);
  if (busy_) {
    deferred_.push_back({.port = port, .frame = {frame.begin(), frame.end()}});
    return;
  }
  if (now >= wake_) settle(now);
  now_ = std::max(now_, now);
  {
    const Turn turn(busy_);
    enter(port, frame);
  }
  if (!deferred_.empty()) run_deferred();
}

void Core::run_deferred() {
  const Turn turn(busy_);
  for (std::size_t i = 0; i < deferred_.size(); ++i) {
    Deferred next = std::move(deferred_[i]); // `enter` may add to the vector
    enter(next.port, next.frame);
  }
  deferred_.clear();
}

void Core::enter(PortId id, wire::MutableBytes frame) {
  Port& port = ports_[static_cast<std::size_t>(id)];
  const Transit transit{.segment = port.segment, .source = port.source, .frame = frame};
  if (port.cut || port.detached || port.lost) return drop_on_entry(port, transit, DropReason::cut);
  if (frame.size() < wire::ethernet_header_size)
    return drop_on_entry(port, transit, DropReason::malformed);
  if (frame.size() > wire::ethernet_frame_limit)
    return drop_on_entry(port, transit, DropReason::too_big);
  if (port.link.impairs())
    enter_link(static_cast<std::uint32_t>(id), transit);
  else
    transmit(transit);
}

void Core::enter_link(std::uint32_t index, const Transit& transit) {
  Port& port = ports_[index];
  if (port.in_flight >= Link::queue_limit)
    return drop_on_entry(port, transit, DropReason::link_full);
  const Link::Arrivals arrivals = port.link.enter(transit.frame.size(), now_);
  if (arrivals.count == 0) return drop_on_entry(port, transit, DropReason::link_loss);
  for (std::size_t i = 0; i < arrivals.count; ++i) {
    const auto slot = in_flight_.keep(transit.frame);
    if (!slot && i > 0) return; // the frame itself goes on; only its duplicate does not
    if (!slot) return drop_on_entry(port, transit, DropReason::link_full);
    ++port.in_flight;
    delayed_.push({.due = arrivals.at[i],
                   .sequence = sequence_++,
                   .port = index,
                   .segment = transit.segment,
                   .source = transit.source,
                   .slot = *slot});
    wake_at(arrivals.at[i]);
  }
}

void Core::transmit(const Transit& transit) {
  Segment& segment = segments_[transit.segment];
  if (segment.lost)
    return drop(place_of(segment.ports[transit.source]), transit, DropReason::cut, false);
  const std::byte* p = transit.frame.data();
  if (!segment.macs.learn(wire::load_mac(p + 6), transit.source))
    return drop(place_of(segment.ports[transit.source]), transit, DropReason::forged_source, false);
  segment.ports[transit.source].flows.count(transit.frame);
  if (hooks_.tap)
    hooks_.tap({.segment = transit.segment,
                .source = transit.source,
                .time = now_,
                .frame = transit.frame});
  const MacAddress to = wire::load_mac(p);
  const auto place = to.is_group() ? std::nullopt : segment.macs.find(to);
  if (!place) return flood(transit);
  const SegmentPort& target = segment.ports[*place];
  if (*place == transit.source || target.kind == PortKind::gone)
    return drop(place_of(segment.ports[transit.source]), transit, DropReason::no_route);
  deliver(transit, target);
}

/// Gateways stay, cards may be gone.
DropCounters::Place Core::place_of(const SegmentPort& port) const {
  return port.kind == PortKind::gateway ? gateways_[port.owner]->place() : ports_[port.owner].place;
}

/// Cards first: they only look. A gateway may change the frame, so each gets a copy.
void Core::flood(const Transit& transit) {
  const auto count = segments_[transit.segment].ports.size();
  const auto each = [&](PortKind kind, auto visit) {
    for (std::uint32_t i = 0; i < count; ++i)
      if (i != transit.source && segments_[transit.segment].ports[i].kind == kind) visit(i);
  };
  bool reached = false;
  each(PortKind::card, [&](std::uint32_t i) {
    reached = true;
    deliver(transit, segments_[transit.segment].ports[i]);
  });
  if (!wire::load_mac(transit.frame.data()).is_group()) { // a gateway's own is never unknown
    if (!reached)
      drop(place_of(segments_[transit.segment].ports[transit.source]),
           transit,
           DropReason::no_route);
    return;
  }
  each(PortKind::gateway, [&](std::uint32_t i) {
    std::array<std::byte, wire::ethernet_frame_limit> copy;
    std::memcpy(copy.data(), transit.frame.data(), transit.frame.size());
    const Transit own{.segment = transit.segment,
                      .source = transit.source,
                      .frame = wire::MutableBytes(copy).first(transit.frame.size())};
    deliver(own, segments_[transit.segment].ports[i]);
  });
}

void Core::deliver(const Transit& transit, const SegmentPort& target) {
  if (target.kind == PortKind::gateway)
    return gateways_[target.owner]->receive(target.side, transit);
  const Port& port = ports_[target.owner];
  if (port.cut || port.lost) return drop_at_port(port, transit, DropReason::cut);
  if (port.full) return drop_at_port(port, transit, DropReason::no_port_room);
  hooks_.deliver(PortId{target.owner}, transit.frame);
}

void Core::drop_at_port(const Port& port, const Transit& transit, DropReason reason) {
  drop(port.place, transit, reason);
}

void Core::drop_on_entry(const Port& port, const Transit& transit, DropReason reason) {
  drop(port.place, transit, reason, false);
}

void Core::drop(DropCounters::Place place,
                const Transit& transit,
                DropReason reason,
                bool switched) {
  drops_.count(place, reason, transit.frame.size());
  if (hooks_.tap)
    hooks_.tap({.segment = transit.segment,
                .source = transit.source,
                .time = now_,
                .frame = transit.frame,
                .drop = reason,
                .switched = switched});
}

std::optional<Time> Core::advance(Time now) {
  if (!busy_) settle(now);
  if (wake_ == never) return std::nullopt;
  return wake_;
}

/// Everything that is due up to `now`, in its order, at its own time.
void Core::settle(Time now) {
  for (Time due = next_due(); due <= now; due = next_due()) {
    now_ = std::max(now_, due);
    {
      const Turn turn(busy_);
      while (!delayed_.empty() && delayed_.top().due <= due)
        release_one();
      for (const auto& gateway : gateways_)
        if (gateway->due() <= due) gateway->advance();
    }
    if (!deferred_.empty()) run_deferred();
  }
  now_ = std::max(now_, now);
  wake_ = next_due();
}

Time Core::next_due() const {
  Time due = delayed_.empty() ? never : delayed_.top().due;
  for (const auto& gateway : gateways_)
    due = std::min(due, gateway->due());
  return due;
}

void Core::release_one() {
  const Delayed next = delayed_.top();
  delayed_.pop();
  Port& port = ports_[next.port];
  --port.in_flight;
  const Transit transit{
      .segment = next.segment, .source = next.source, .frame = in_flight_.at(next.slot)};
  const bool moved = port.segment != next.segment; // what was under way stays behind
  if (port.cut || port.detached || port.lost || moved)
    drop_on_entry(port, transit, DropReason::cut);
  else
    transmit(transit);
  in_flight_.release(next.slot);
}

} // namespace hermesh
