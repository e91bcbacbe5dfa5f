// SPDX-License-Identifier: MIT
//
// QEMU's stream framing, in pieces of any size: the frames do not depend on how they came.
#include "fabric/frame_stream.hh"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace {

using namespace hermesh;

struct Came {
  std::vector<std::vector<std::byte>> frames{};
  bool garbage = false;

  bool operator==(const Came&) const = default;
};

Came fed(wire::Bytes bytes, std::size_t piece) {
  Came came;
  FrameInput input;
  while (!bytes.empty() && !came.garbage) {
    const auto room = input.room();
    const auto part = std::min({piece, bytes.size(), room.size()});
    if (part == 0) std::abort(); // it could never go on
    std::copy_n(bytes.begin(), part, room.begin());
    input.filled(part);
    bytes = bytes.subspan(part);
    for (auto next = input.next(); next.state != FrameInput::State::need_more;
         next = input.next()) {
      came.garbage = next.state == FrameInput::State::garbage;
      if (came.garbage) break;
      came.frames.emplace_back(next.frame.begin(), next.frame.end());
    }
  }
  return came;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto whole = fed(bytes, bytes.size() + 1);
  if (fed(bytes, 1) != whole || fed(bytes, 7) != whole) std::abort();
  // What was written comes back.
  FrameOutput output(1 << 20);
  for (const auto& frame : whole.frames)
    if (output.has_room(frame.size())) output.push(frame);
  if (fed(output.bytes(), 100).frames.size() > whole.frames.size()) std::abort();
  return 0;
}
