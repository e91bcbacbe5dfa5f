// SPDX-License-Identifier: MIT
#include "fabric/frame_stream.hh"

namespace hermesh {

wire::MutableBytes FrameInput::room() {
  // What is left is the head of one frame at most: moving it is cheap.
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  return wire::MutableBytes(buffer_).subspan(end_);
}

FrameInput::Next FrameInput::next() {
  const std::size_t available = end_ - begin_;
  if (available < stream_header_size) return {};
  const std::size_t size = wire::load32(buffer_.data() + begin_);
  if (size == 0 || size > stream_frame_limit) return {.state = State::garbage};
  if (available < stream_header_size + size) return {};
  const std::size_t at = begin_ + stream_header_size;
  begin_ = at + size;
  return {.state = State::frame, .frame = wire::MutableBytes(buffer_).subspan(at, size)};
}

void FrameOutput::push(wire::Bytes frame) {
  const std::size_t size = stream_header_size + frame.size();
  // The buffer is twice the limit, so this moves each byte once at most, on average.
  if (end_ + size > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, waiting());
    end_ -= begin_;
    begin_ = 0;
  }
  wire::store32(buffer_.data() + end_, static_cast<std::uint32_t>(frame.size()));
  std::memcpy(buffer_.data() + end_ + stream_header_size, frame.data(), frame.size());
  end_ += size;
}

void FrameOutput::written(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) clear();
}

} // namespace hermesh
