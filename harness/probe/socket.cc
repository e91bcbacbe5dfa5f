// SPDX-License-Identifier: MIT
#include "probe/socket.hh"

#include "base/error.hh"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <ctime>

namespace hermesh::probe {
namespace {

// sockaddr_storage is meant to be seen as the address of its family; memcpy says so without
// aliasing.
template <typename T>
SocketAddress store(const T& address) {
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof address);
  out.size = sizeof address;
  return out;
}

template <typename T>
T load(const SocketAddress& address) {
  T out{};
  std::memcpy(&out, &address.storage, sizeof out);
  return out;
}

const sockaddr* generic(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

sockaddr* generic(SocketAddress& address) {
  return reinterpret_cast<sockaddr*>(&address.storage);
}

} // namespace

SocketAddress socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) return store(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) return store(v6);
  throw Error("'" + address + "' is no IPv4 or IPv6 address");
}

std::uint16_t port_of(const SocketAddress& address) {
  return ntohs(address.storage.ss_family == AF_INET ? load<sockaddr_in>(address).sin_port
                                                    : load<sockaddr_in6>(address).sin6_port);
}

std::string to_string(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto port = ":" + std::to_string(port_of(address));
  if (address.storage.ss_family == AF_INET) {
    const auto v4 = load<sockaddr_in>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return text.data() + port;
  }
  const auto v6 = load<sockaddr_in6>(address);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return "[" + std::string(text.data()) + "]" + port;
}

Fd udp_socket(const SocketAddress& local) {
  Fd socket{check("open a UDP socket",
                  ::socket(local.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  check("bind to " + to_string(local), ::bind(socket.get(), generic(local), local.size));
  return socket;
}

SocketAddress local_address(const Fd& socket) {
  SocketAddress address;
  address.size = sizeof address.storage;
  check("ask for the local address", ::getsockname(socket.get(), generic(address), &address.size));
  return address;
}

int send(const Fd& socket, std::span<const std::byte> bytes, const SocketAddress& to) {
  const auto sent = ::sendto(socket.get(), bytes.data(), bytes.size(), 0, generic(to), to.size);
  return sent < 0 ? errno : 0;
}

bool receive(const Fd& socket, std::span<std::byte> buffer, Datagram& datagram) {
  while (true) {
    datagram.from.size = sizeof datagram.from.storage;
    const auto got = ::recvfrom(
        socket.get(), buffer.data(), buffer.size(), 0, generic(datagram.from), &datagram.from.size);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (got < 0) continue; // EINTR, or an error of an earlier packet: it is cleared by being read
    datagram.time = monotonic_now();
    datagram.bytes = buffer.first(static_cast<std::size_t>(got));
    return true;
  }
}

std::int64_t monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

} // namespace hermesh::probe
