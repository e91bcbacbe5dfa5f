// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <cstdint>
#include <optional>
#include <vector>

namespace hermesh {

// QEMU's stream framing (qemu-system(1), -netdev socket): each frame behind its length, four bytes,
// big-endian.
inline constexpr std::size_t stream_header_size = 4;
/// QEMU's own limit; whoever announces more does not speak this protocol.
inline constexpr std::size_t stream_frame_limit = 4096 + 65536;

/// Bytes as they come from a stream, cut into frames in place.
class FrameInput {
public:
  FrameInput() : buffer_(capacity) {}

  /// Where the next read goes: never empty after `next` was called until it had no more.
  wire::MutableBytes room();
  void filled(std::size_t bytes) { end_ += bytes; }

  enum class State : std::uint8_t { frame, need_more, garbage };
  struct Next {
    State state = State::need_more;
    wire::MutableBytes frame{}; ///< valid until `room` is called
  };
  Next next();

private:
  static constexpr std::size_t capacity = 256 * 1024;

  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Frames that wait to be written to a stream, in one piece of memory, so that one write takes
/// many.
class FrameOutput {
public:
  /// At most `limit` bytes wait.
  explicit FrameOutput(std::size_t limit) : limit_(limit), buffer_(2 * limit) {}

  bool has_room(std::size_t frame) const {
    return waiting() + stream_header_size + frame <= limit_;
  }
  /// There is room.
  void push(wire::Bytes frame);

  std::size_t waiting() const { return end_ - begin_; }
  wire::Bytes bytes() const { return wire::Bytes(buffer_).subspan(begin_, waiting()); }
  void written(std::size_t bytes);
  void clear() { begin_ = end_ = 0; }

private:
  std::size_t limit_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

} // namespace hermesh
