// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "probe/transport.hh"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace hermesh::probe {
namespace {

constexpr std::size_t most_connections = 256;
constexpr int backlog = 16;

const sockaddr* as_generic(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

template <typename T>
void set_option(const Fd& socket, int level, int name, const T& value) {
  check("set a socket's option", ::setsockopt(socket.get(), level, name, &value, sizeof value));
}

/// False when the connection is of no use any more.
bool write_message(const Fd& socket, const punch::Message& message) {
  const auto bytes = punch::encode(message);
  // An empty socket buffer takes forty bytes whole, and one that is full has a dead peer.
  return ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

} // namespace

TcpTransport::TcpTransport(const SocketAddress& local)
    : local_(local), epoll_(check("make an epoll", ::epoll_create1(EPOLL_CLOEXEC))),
      listener_(open_socket()) {
  check("listen", ::listen(listener_.get(), backlog));
  local_ = local_address(listener_); // the port that was drawn, for those that follow
  watch(listener_, EPOLLIN);
}

Fd TcpTransport::open_socket() const {
  Fd socket{
      check("open a TCP socket",
            ::socket(local_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1); // one port, listening and dialling
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  // Its end is a reset: nothing lingers into the next attempt.
  set_option(socket, SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
  check("bind to " + to_string(local_), ::bind(socket.get(), as_generic(local_), local_.size));
  return socket;
}

void TcpTransport::watch(const Fd& socket, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket.get();
  const auto add = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event);
  if (add < 0 && errno == EEXIST)
    check("watch a socket", ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket.get(), &event));
  else
    check("watch a socket", add);
}

void TcpTransport::send(const punch::Message& message, const Endpoint& to) {
  const auto found = connections_.find(to);
  if (found == connections_.end() || !found->second.connected) return dial(to, message);
  if (!write_message(found->second.socket, message)) connections_.erase(found);
}

void TcpTransport::dial(const Endpoint& to, const punch::Message& first) {
  connections_.erase(to);
  if (connections_.size() >= most_connections) return;
  Connection connection{.socket = open_socket(), .waiting = first};
  const auto address = socket_of(to);
  const auto called = ::connect(connection.socket.get(), as_generic(address), address.size);
  if (called < 0 && errno != EINPROGRESS) return; // no route, or refused at once: as if lost
  watch(connection.socket, EPOLLOUT);
  connections_.emplace(to, std::move(connection));
}

void TcpTransport::accept_all() {
  while (connections_.size() < most_connections) {
    SocketAddress from;
    from.size = sizeof from.storage;
    Fd socket{::accept4(listener_.get(),
                        reinterpret_cast<sockaddr*>(&from.storage),
                        &from.size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (socket.get() < 0) return;
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
    watch(socket, EPOLLIN);

    connections_.insert_or_assign(endpoint_of(from),
                                  Connection{.socket = std::move(socket), .connected = true});
  }
}

/// False when nobody was there.
bool TcpTransport::finish_dial(Connection& connection) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(connection.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)
    return false;
  connection.connected = true;
  watch(connection.socket, EPOLLIN);
  const auto first = std::exchange(connection.waiting, std::nullopt);
  return !first || write_message(connection.socket, *first);
}

/// False when the connection has ended.
bool TcpTransport::read(const Endpoint& from, Connection& connection, Arrived& arrived) {
  std::array<std::byte, 2048> buffer{};
  while (true) {
    const auto got = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    auto& partial = connection.partial;
    partial.insert(partial.end(), buffer.begin(), buffer.begin() + got);
    std::size_t used = 0;
    for (; partial.size() - used >= punch::message_bytes; used += punch::message_bytes) {
      const auto message = punch::decode(std::span(partial).subspan(used, punch::message_bytes));
      if (!message) return false; // nobody of ours
      arrived.emplace_back(from, *message);
    }
    partial.erase(partial.begin(), partial.begin() + static_cast<std::ptrdiff_t>(used));
  }
}

Arrived TcpTransport::receive() {
  Arrived arrived;
  std::array<epoll_event, 16> events{};
  const auto count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events.at(static_cast<std::size_t>(i));
    if (event.data.fd == listener_.get()) {
      accept_all();
      continue;
    }
    const auto found = std::ranges::find_if(
        connections_, [&](const auto& one) { return one.second.socket.get() == event.data.fd; });
    if (found == connections_.end()) continue; // gone by an event before this one
    auto& connection = found->second;
    const bool useful =
        connection.connected ? read(found->first, connection, arrived) : finish_dial(connection);
    if (!useful) connections_.erase(found);
  }
  return arrived;
}

} // namespace hermesh::probe
