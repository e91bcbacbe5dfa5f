// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "fabric/loop.hh"

#include <functional>
#include <list>
#include <set>
#include <vector>

namespace hermesh {

/// Virtual hosts of several owners on one fabric: each is told the frames for virtual ports, in the
/// loop's thread.
class FrameHub {
public:
  using Listener = std::function<void(Fabric&, PortId, std::span<const std::byte>, Time)>;

  explicit FrameHub(FabricLoop& loop) : loop_(&loop) {
    loop.with([this](Fabric& fabric, Time) { fabric_ = &fabric; });
    loop.on_virtual_frame([this](PortId port, std::span<const std::byte> frame, Time now) {
      for (const auto& listener : listeners_)
        listener(*fabric_, port, frame, now);
    });
  }
  ~FrameHub() {
    try {
      loop_->on_virtual_frame({});
    } catch (const Error&) { // a loop that has ended calls nobody
    }
  }
  FrameHub(const FrameHub&) = delete;
  FrameHub& operator=(const FrameHub&) = delete;

  FabricLoop& loop() { return *loop_; }
  /// The last thing that a virtual host does, in the loop's thread; where that has ended there is
  /// nothing to leave.
  void leave(const std::function<void(Fabric&)>& goodbye) noexcept {
    try {
      loop_->with([&](Fabric& fabric, Time) { goodbye(fabric); });
    } catch (const Error&) { // whoever asks the loop next is told why it ended
    }
  }
  using Place = std::list<Listener>::iterator;
  /// These two only from within FabricLoop::with.
  Place add(Listener listener) { return listeners_.insert(listeners_.end(), std::move(listener)); }
  void remove(Place place) { listeners_.erase(place); }

  /// Addresses of virtual hosts that are there: those who come must have others. Only from within
  /// FabricLoop::with.
  std::vector<Address>& taken() { return taken_; }
  /// Ports that a flow was ever sent from: a gateway may still know it.
  std::set<std::uint16_t>& used_ports() { return used_ports_; }

private:
  FabricLoop* loop_;
  Fabric* fabric_ = nullptr;
  std::list<Listener> listeners_{};
  std::vector<Address> taken_{};
  std::set<std::uint16_t> used_ports_{};
};

} // namespace hermesh
