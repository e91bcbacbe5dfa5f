// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "fabric/fabric.hh"
#include "fabric/frame_stream.hh"
#include "fabric/loop.hh"
#include "wire/ethernet.hh"

#include <cstdint>
#include <string>

namespace hermesh {

/// A card's end of its stream: listens until its one peer has come, then reads and writes frames.
/// Never blocks.
class LoopPort {
public:
  /// Listens on a free port of 127.0.0.1.
  LoopPort(PortId id, const std::string& name, std::size_t queue_bytes);

  PortId id() const { return id_; }
  std::uint16_t listening_port() const { return listening_port_; }
  int listener() const { return listener_.get(); } ///< -1 once the peer has come
  int peer() const { return peer_.get(); }         ///< -1 before it has come and after it is gone
  const PortCounters& counters() const { return counters_; }

  /// Somebody knocks. True: it is the peer, and nobody else will be heard. A stranger is turned
  /// away.
  bool accept();

  enum class Reading : std::uint8_t { nothing, some, gone };
  /// One read; `take` gets each whole frame. Garbage ends the connection after `take` got an empty
  /// frame, which the fabric counts as malformed.
  template <typename Take>
  Reading read(Take take) {
    const Reading outcome = read_some();
    if (outcome != Reading::some) return outcome;
    while (true) {
      const FrameInput::Next next = input_.next();
      if (next.state == FrameInput::State::need_more) return Reading::some;
      if (next.state == FrameInput::State::garbage) {
        take(wire::MutableBytes{});
        return Reading::gone;
      }
      ++counters_.frames_in;
      counters_.bytes_in += next.frame.size();
      take(next.frame);
    }
  }

  bool has_room() const { return peer_ && output_.has_room(wire::ethernet_frame_limit); }
  bool is_half_empty() const { return peer_ && output_.waiting() <= queue_bytes_ / 2; }
  bool has_output() const { return output_.waiting() > 0; }
  void push(wire::Bytes frame) {
    ++counters_.frames_out;
    counters_.bytes_out += frame.size();
    output_.push(frame);
  }
  /// True: something was written. The peer's end shows when reading.
  bool flush();

  void hang_up();

  bool is_dirty = false;    ///< the loop's mark: flush at the end of this turn
  bool wants_write = false; ///< the loop's mark: waits for the peer to drain
  bool is_full = true;      ///< the loop's mark: what it told the fabric

private:
  Reading read_some();

  PortId id_;
  std::size_t queue_bytes_;
  Fd listener_;
  std::uint16_t listening_port_ = 0;
  Fd peer_;
  FrameInput input_;
  FrameOutput output_;
  PortCounters counters_;
};

} // namespace hermesh
