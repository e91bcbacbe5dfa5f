// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "probe/packet.hh"
#include "probe/socket.hh"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace hermesh::probe {

using EventSink = std::function<void(const nlohmann::json&)>;

/// Answers requests that come to one address and port.
class Responder {
public:
  Responder(const SocketAddress& local, EventSink sink);

  int socket() const { return socket_.get(); }
  std::uint16_t port() const { return port_of(local_address(socket_)); }
  SocketAddress asked_for() const { return asked_for_; }
  void receive(); ///< the socket is readable

private:
  void reply(const Packet& request, const SocketAddress& to);
  bool first_time(std::uint32_t stream, std::uint32_t sequence);

  SocketAddress asked_for_;
  Fd socket_;
  EventSink sink_;
  /// Requests that were answered lately: a copy (a VPN that sends by two ways at once) is reported,
  /// but a second reply would make two packets of one sequence on the way back.
  std::deque<std::pair<std::uint32_t, std::uint32_t>> answered_{};
};

struct RequesterOptions {
  std::uint32_t stream = 0;
  SocketAddress to;
  std::chrono::milliseconds interval{100};
  std::uint64_t seed = 0;
};

/// Sends requests at an interval, and takes the replies.
class Requester {
public:
  Requester(const RequesterOptions& options, EventSink sink);

  std::uint32_t stream() const { return options_.stream; }
  int socket() const { return socket_.get(); }
  int timer() const { return timer_.get(); }
  void receive(); ///< the socket is readable
  void tick();    ///< the timer is readable

private:
  RequesterOptions options_;
  EventSink sink_;
  Fd socket_;
  Fd timer_;
  std::uint32_t next_ = 0;
};

} // namespace hermesh::probe
