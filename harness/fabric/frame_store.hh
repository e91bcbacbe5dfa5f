// SPDX-License-Identifier: MIT
#pragma once

#include "wire/ethernet.hh"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace hermesh {

/// Copies of frames that have to wait: for a link's delay, for a neighbour's answer, for a first
/// fragment. Places are used again, so that memory follows the most that ever waited at once, and
/// that is bounded by `limit`.
class FrameStore {
public:
  using Slot = std::uint32_t;

  explicit FrameStore(std::size_t limit) : limit_(limit) {}

  /// A copy of `frame` (at most wire::ethernet_frame_limit bytes); empty when the store is full.
  std::optional<Slot> keep(wire::Bytes frame);
  /// Stays valid until the slot is released.
  wire::MutableBytes at(Slot slot);
  void release(Slot slot) { free_.push_back(slot); }

private:
  struct Block {
    std::size_t size = 0;
    std::array<std::byte, wire::ethernet_frame_limit> bytes;
  };
  std::size_t limit_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Slot> free_;
};

} // namespace hermesh
