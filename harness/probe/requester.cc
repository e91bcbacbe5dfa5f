// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "probe/activity.hh"
#include "probe/protocol.hh"

#include <nlohmann/json.hpp>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>

namespace hermesh::probe {
namespace {

SocketAddress any_port(const SocketAddress& like) {
  return socket_address(like.storage.ss_family == AF_INET ? "0.0.0.0" : "::", 0);
}

Fd periodic(std::chrono::milliseconds interval) {
  Fd timer{check("make a timer", ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))};
  itimerspec spec{};
  spec.it_value.tv_nsec = 1; // the first at once
  spec.it_interval.tv_sec = interval.count() / 1000;
  spec.it_interval.tv_nsec = interval.count() % 1000 * 1'000'000;
  check("set a timer", ::timerfd_settime(timer.get(), 0, &spec, nullptr));
  return timer;
}

} // namespace

Requester::Requester(const RequesterOptions& options, EventSink sink)
    : options_(options), sink_(std::move(sink)), socket_(udp_socket(any_port(options.to))),
      timer_(periodic(options.interval)) {}

void Requester::tick() {
  std::uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
  // One packet however many ticks were missed: a burst would measure the guest's scheduler, not the
  // path.
  const auto sequence = next_++;
  const auto length = code_length(options_.seed, sequence, 0);
  const auto now = monotonic_now();
  const auto bytes =
      encode({.stream = options_.stream,
              .sequence = sequence,
              .reply_symbol = static_cast<std::uint8_t>(code_symbol(options_.seed, sequence, 1)),
              .time = static_cast<std::uint64_t>(now)},
             length);
  const auto error = send(socket_, bytes, options_.to);
  sink_({{"event", "sent"},
         {"stream", options_.stream},
         {"seq", sequence},
         {"time", now},
         {"length", length},
         {"error", error}});
}

void Requester::receive() {
  std::array<std::byte, 2048> buffer{};
  Datagram datagram;
  for (int i = 0; i < most_at_once && probe::receive(socket_, buffer, datagram); ++i) {
    const auto packet = decode(datagram.bytes);
    if (!packet || packet->kind != PacketKind::reply || packet->stream != options_.stream) continue;
    sink_({{"event", "reply"},
           {"stream", packet->stream},
           {"seq", packet->sequence},
           {"time", datagram.time},
           {"length", datagram.bytes.size()},
           {"from", to_string(datagram.from)}});
  }
}

} // namespace hermesh::probe
