// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "probe/activity.hh"
#include "punch/puncher.hh"
#include "punch/rendezvous.hh"

#include <cstdint>

namespace hermesh::probe {

Endpoint endpoint_of(const SocketAddress& socket);
SocketAddress socket_of(const Endpoint& endpoint);

/// One attempt of the reference puncher, on a fresh socket. When it is over it says so, once, and
/// goes on answering.
class PuncherActivity {
public:
  PuncherActivity(const punch::PuncherOptions& options, EventSink sink);

  std::uint64_t session() const { return options_.session; }
  int socket() const { return socket_.get(); }
  int timer() const { return timer_.get(); }
  void receive(); ///< the socket is readable
  void tick();    ///< the timer is readable

private:
  void advance();
  void send(const std::vector<punch::Datagram>& datagrams);
  void report();

  punch::PuncherOptions options_;
  punch::Puncher puncher_;
  EventSink sink_;
  Fd socket_;
  Fd timer_;
  std::int64_t started_;
  std::int64_t spent_at_ = 0; ///< 0: not yet
  bool reported_ = false;
};

/// The server that introduces punchers to each other.
class RendezvousActivity {
public:
  explicit RendezvousActivity(const SocketAddress& local);

  int socket() const { return socket_.get(); }
  std::uint16_t port() const { return port_of(local_address(socket_)); }
  void receive(); ///< the socket is readable

private:
  Fd socket_;
  punch::Rendezvous rendezvous_{};
};

} // namespace hermesh::probe
