// SPDX-License-Identifier: MIT
#include "judge/punches.hh"

#include "base/error.hh"
#include "punch/message.hh"
#include "wire/frame.hh"
#include "wire/pcapng.hh"

#include <array>
#include <set>
#include <tuple>
#include <vector>

namespace hermesh {
namespace {

using punch::Message;

/// What one datagram is, whatever gateways made of its addresses.
using Identity = std::tuple<std::uint64_t, std::uint8_t, Message::Kind, std::uint32_t>;

/// All that the captures hold of the punchers' datagrams.
class Reading {
public:
  Reading(const std::string& a, const std::string& b) : cards_{a + ".eth", b + ".eth"} {}

  void read(const std::filesystem::path& file) {
    std::array<std::set<MacAddress>, 2> macs; ///< of this segment's cards of A and B
    wire::read_pcapng(file, [&](const wire::CaptureInfo& info, const wire::CapturedFrame& frame) {
      const auto& port = info.ports.at(frame.port);
      if (frame.bytes.size() < wire::ethernet_header_size) return;
      if (frame.comment.starts_with("dropped before switching")) return;
      const bool dropped = frame.comment.starts_with("dropped");
      if (!dropped)
        for (std::size_t side = 0; side < cards_.size(); ++side)
          if (port.starts_with(cards_[side]))
            macs[side].insert(wire::load_mac(frame.bytes.data() + 6));
      take(port, frame, dropped, macs);
    });
  }

  std::map<std::uint64_t, PunchOnTheWire> outcome() const {
    std::map<std::uint64_t, PunchOnTheWire> sessions;
    for (const auto& [datagram, copies] : arrived_) {
      const auto& [session, side, kind, sequence] = datagram;
      auto& told = sessions[session];
      if (copies <= 0 || !sent_.contains(datagram)) continue;
      if (kind == Message::Kind::punch) ++(side == 0 ? told.punches_to_b : told.punches_to_a);
      if (kind == Message::Kind::answer) ++(side == 0 ? told.answers_to_b : told.answers_to_a);
    }
    return sessions;
  }

private:
  void take(const std::string& port,
            const wire::CapturedFrame& frame,
            bool dropped,
            const std::array<std::set<MacAddress>, 2>& macs) {
    const auto summary = wire::summarise(frame.bytes);
    if (!summary) return;
    // TCP may carry several in one segment.
    auto data = summary->data;
    for (; data.size() > punch::message_bytes; data = data.subspan(punch::message_bytes))
      note(port, frame, data.first(punch::message_bytes), dropped, macs);
    note(port, frame, data, dropped, macs);
  }

  void note(const std::string& port,
            const wire::CapturedFrame& frame,
            wire::Bytes data,
            bool dropped,
            const std::array<std::set<MacAddress>, 2>& macs) {
    const auto message = punch::decode(data);
    if (!message) return;
    const Identity datagram{message->session, message->side, message->kind, message->sequence};
    const auto sender = std::size_t{message->side};
    // Where it set out; on a segment of both, that is where it arrives, too.
    if (port.starts_with(cards_.at(sender)) && !dropped) sent_.insert(datagram);
    // A frame that was dropped after it was switched is there twice, and did not arrive.
    if (macs.at(1 - sender).contains(wire::load_mac(frame.bytes.data())))
      arrived_[datagram] += dropped ? -1 : 1;
  }

  std::array<std::string, 2> cards_; ///< what the names of A's and B's ports begin with
  std::set<Identity> sent_{};
  std::map<Identity, int> arrived_{};
};

} // namespace

std::map<std::uint64_t, PunchOnTheWire>
judge_punches(const std::filesystem::path& captures, const std::string& a, const std::string& b) {
  Reading reading(a, b);
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(captures, problem), end; !problem && entry != end;
       entry.increment(problem))
    if (entry->path().extension() == ".pcapng") reading.read(entry->path());
  if (problem) throw Error("read " + captures.string() + ": " + problem.message());
  return reading.outcome();
}

} // namespace hermesh
