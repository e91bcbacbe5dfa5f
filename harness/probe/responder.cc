// SPDX-License-Identifier: MIT
#include "probe/activity.hh"
#include "probe/protocol.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace hermesh::probe {
namespace {

constexpr std::size_t remembered =
    256; ///< copies come within a round trip: at 100 a second this is seconds

} // namespace

Responder::Responder(const SocketAddress& local, EventSink sink)
    : asked_for_(local), socket_(udp_socket(local)), sink_(std::move(sink)) {}

void Responder::receive() {
  std::array<std::byte, 2048> buffer{};
  Datagram datagram;
  for (int i = 0; i < most_at_once && probe::receive(socket_, buffer, datagram); ++i) {
    const auto packet = decode(datagram.bytes);
    if (!packet || packet->kind != PacketKind::request) continue;
    sink_({{"event", "request"},
           {"stream", packet->stream},
           {"seq", packet->sequence},
           {"time", datagram.time},
           {"length", datagram.bytes.size()},
           {"from", to_string(datagram.from)}});
    if (first_time(packet->stream, packet->sequence)) reply(*packet, datagram.from);
  }
}

bool Responder::first_time(std::uint32_t stream, std::uint32_t sequence) {
  const std::pair key(stream, sequence);
  if (std::ranges::find(answered_, key) != answered_.end()) return false;
  answered_.push_back(key);
  if (answered_.size() > remembered) answered_.pop_front();
  return true;
}

void Responder::reply(const Packet& request, const SocketAddress& to) {
  const auto length = symbol_length(request.reply_symbol);
  const auto now = monotonic_now();
  const auto bytes = encode({.stream = request.stream,
                             .sequence = request.sequence,
                             .kind = PacketKind::reply,
                             .time = static_cast<std::uint64_t>(now)},
                            length);
  const auto error = send(socket_, bytes, to);
  sink_({{"event", "replied"},
         {"stream", request.stream},
         {"seq", request.sequence},
         {"time", now},
         {"length", length},
         {"error", error}});
}

} // namespace hermesh::probe
