// SPDX-License-Identifier: MIT
#include "fabric/frame_store.hh"

namespace hermesh {

std::optional<FrameStore::Slot> FrameStore::keep(wire::Bytes frame) {
  if (frame.size() > wire::ethernet_frame_limit) return std::nullopt;
  if (free_.empty()) {
    if (blocks_.size() >= limit_) return std::nullopt;
    free_.push_back(static_cast<Slot>(blocks_.size()));
    blocks_.push_back(std::make_unique<Block>());
  }
  const Slot slot = free_.back();
  free_.pop_back();
  Block& block = *blocks_[slot];
  block.size = frame.size();
  std::memcpy(block.bytes.data(), frame.data(), frame.size()); // GCC 12 copies ranges byte by byte
  return slot;
}

wire::MutableBytes FrameStore::at(Slot slot) {
  Block& block = *blocks_[slot];
  return wire::MutableBytes(block.bytes).first(block.size);
}

} // namespace hermesh
