// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "probe/activity.hh"
#include "probe/transport.hh"
#include "punch/puncher.hh"
#include "punch/rendezvous.hh"

#include <cstdint>

namespace hermesh::probe {

enum class PunchBy : std::uint8_t { udp, tcp };

/// One attempt of the reference puncher, from a fresh port. When it is over it says so, once, and
/// goes on answering.
class PuncherActivity {
public:
  PuncherActivity(const punch::PuncherOptions& options, PunchBy transport, EventSink sink);

  std::uint64_t session() const { return options_.session; }
  int socket() const;
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
  Transport transport_;
  Fd timer_;
  std::int64_t started_;
  std::int64_t spent_at_ = 0; ///< 0: not yet
  bool reported_ = false;
};

/// The server that introduces punchers to each other.
class RendezvousActivity {
public:
  RendezvousActivity(const SocketAddress& local, PunchBy transport);

  int socket() const;
  std::uint16_t port() const;
  void receive(); ///< the socket is readable

private:
  Transport transport_;
  punch::Rendezvous rendezvous_{};
};

} // namespace hermesh::probe
