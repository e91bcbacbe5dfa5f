// SPDX-License-Identifier: MIT
#include "probe/transport.hh"

#include <netinet/in.h>

#include <array>
#include <cstring>

namespace hermesh::probe {

Endpoint endpoint_of(const SocketAddress& socket) {
  if (socket.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket.storage, sizeof v4);
    return {.address = Address::v4(ntohl(v4.sin_addr.s_addr)), .port = ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &socket.storage, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return {.address = Address::v6(bytes), .port = ntohs(v6.sin6_port)};
}

SocketAddress socket_of(const Endpoint& endpoint) {
  SocketAddress socket;
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(endpoint.address.v4_value());
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&socket.storage, &v4, sizeof v4);
    socket.size = sizeof v4;
    return socket;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), 16);
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&socket.storage, &v6, sizeof v6);
  socket.size = sizeof v6;
  return socket;
}

void UdpTransport::send(const punch::Message& message, const Endpoint& to) {
  probe::send(socket_, punch::encode(message), socket_of(to));
}

Arrived UdpTransport::receive() {
  Arrived arrived;
  std::array<std::byte, 2048> buffer{};
  Datagram datagram;
  for (int i = 0; i < most_at_once && probe::receive(socket_, buffer, datagram); ++i)
    if (const auto message = punch::decode(datagram.bytes))
      arrived.emplace_back(endpoint_of(datagram.from), *message);
  return arrived;
}

} // namespace hermesh::probe
