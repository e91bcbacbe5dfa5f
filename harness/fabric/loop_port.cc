// SPDX-License-Identifier: MIT
#include "fabric/loop_port.hh"

#include "base/error.hh"
#include "fabric/peer_owner.hh"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace hermesh {
namespace {

// What sits in kernel buffers outlives an event of the lab (a cut, a move), so they are small. The
// kernel doubles the value (socket(7)).
constexpr int socket_buffer = 64 * 1024;

void set_option(int socket, int level, int option, int value) {
  check("set a socket option", ::setsockopt(socket, level, option, &value, sizeof value));
}

} // namespace

LoopPort::LoopPort(PortId id, const std::string& name, std::size_t queue_bytes)
    : id_(id), queue_bytes_(queue_bytes),
      listener_(check("make a socket for " + name,
                      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))),
      output_(queue_bytes), counters_{.port = name} {
  // Inherited by the accepted socket; the receive buffer has to be set before the handshake
  // (tcp(7)).
  set_option(listener_.get(), SOL_SOCKET, SO_RCVBUF, socket_buffer);
  set_option(listener_.get(), SOL_SOCKET, SO_SNDBUF, socket_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // The socket interface takes sockaddr*, whatever the family.
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  check("bind the port of " + name, ::bind(listener_.get(), generic, size));
  check("listen for " + name, ::listen(listener_.get(), 4));
  check("name the port of " + name, ::getsockname(listener_.get(), generic, &size));
  listening_port_ = ntohs(address.sin_port);
}

bool LoopPort::accept() {
  Fd peer{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!peer && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
    throw SystemError("accept the machine of " + counters_.port);
  if (!peer || peer_owner(peer.get()) != ::geteuid()) return false;
  set_option(peer.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  peer_ = std::move(peer);
  listener_ = Fd{};
  return true;
}

LoopPort::Reading LoopPort::read_some() {
  const auto room = input_.room();
  const auto got = ::recv(peer_.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (got > 0) {
    input_.filled(static_cast<std::size_t>(got));
    return Reading::some;
  }
  const bool later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return later ? Reading::nothing : Reading::gone;
}

bool LoopPort::flush() {
  bool wrote = false;
  while (peer_ && output_.waiting() > 0) {
    const auto bytes = output_.bytes();
    const auto sent = ::send(peer_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) break;
    output_.written(static_cast<std::size_t>(sent));
    wrote = true;
  }
  return wrote;
}

void LoopPort::hang_up() {
  peer_ = Fd{};
  output_.clear();
}

} // namespace hermesh
