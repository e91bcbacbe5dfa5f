// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/fd.hh"
#include "probe/socket.hh"
#include "punch/message.hh"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace hermesh::probe {

Endpoint endpoint_of(const SocketAddress& socket);
SocketAddress socket_of(const Endpoint& endpoint);

using Arrived = std::vector<std::pair<Endpoint, punch::Message>>;

/// Punchers' messages as UDP datagrams, all from one socket.
class UdpTransport {
public:
  explicit UdpTransport(const SocketAddress& local) : socket_(udp_socket(local)) {}

  int descriptor() const { return socket_.get(); } ///< readable: call receive()
  std::uint16_t port() const { return port_of(local_address(socket_)); }
  void send(const punch::Message& message, const Endpoint& to);
  Arrived receive();

private:
  Fd socket_;
};

/// The same over TCP, all from one port: it listens there and dials from there, so that two of
/// them may dial each other at once and find that their SYNs have crossed (RFC 9293 section 3.5,
/// RFC 5128 section 3.4). A message to an endpoint without a connection dials; one that has not
/// come about by the next message to it is dialled anew, sooner than the kernel would repeat its
/// SYN.
class TcpTransport {
public:
  explicit TcpTransport(const SocketAddress& local);

  int descriptor() const { return epoll_.get(); }
  std::uint16_t port() const { return port_of(local_); }
  void send(const punch::Message& message, const Endpoint& to);
  Arrived receive();

private:
  struct Connection {
    Fd socket;
    bool connected = false;
    std::optional<punch::Message> waiting{}; ///< to be sent once connected
    std::vector<std::byte> partial{};        ///< of a message
  };

  Fd open_socket() const;
  void watch(const Fd& socket, std::uint32_t events);
  void dial(const Endpoint& to, const punch::Message& first);
  void accept_all();
  bool finish_dial(Connection& connection);
  static bool read(const Endpoint& from, Connection& connection, Arrived& arrived);

  SocketAddress local_;
  Fd epoll_;
  Fd listener_;
  std::map<Endpoint, Connection> connections_{};
};

using Transport = std::variant<UdpTransport, TcpTransport>;

} // namespace hermesh::probe
