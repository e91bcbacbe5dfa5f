// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace hermesh::probe {

/// A socket address of either family. (Not base's Endpoint: the static program links no other
/// layer.)
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Throws Error when `address` is neither IPv4 nor IPv6 text.
SocketAddress socket_address(const std::string& address, std::uint16_t port);
std::string to_string(const SocketAddress& address); ///< "10.0.0.1:7000", "[fd00::1]:7000"
std::uint16_t port_of(const SocketAddress& address);

/// A UDP socket that never blocks, of the family of `local`, bound to it.
Fd udp_socket(const SocketAddress& local);
SocketAddress local_address(const Fd& socket);

/// 0, or the errno with which the kernel refused the packet.
int send(const Fd& socket, std::span<const std::byte> bytes, const SocketAddress& to);

struct Datagram {
  std::span<const std::byte> bytes; ///< in the caller's buffer
  SocketAddress from;
  std::int64_t time = 0; ///< when it was read, see monotonic_now
};

/// False when nothing waits. Errors that earlier packets brought back (ICMP) are read and
/// forgotten.
bool receive(const Fd& socket, std::span<std::byte> buffer, Datagram& datagram);

/// Nanoseconds of CLOCK_MONOTONIC, the clock of every "time" in the protocol.
std::int64_t monotonic_now();

/// How many datagrams one socket may bring before the other descriptors have their turn.
inline constexpr int most_at_once = 64;

} // namespace hermesh::probe
