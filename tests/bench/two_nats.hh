// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "fabric/fabric.hh"
#include "model/network.hh"

#include <array>
#include <cstdint>
#include <thread>
#include <vector>

namespace hermesh::bench {

/// a -- gw-a -- internet -- gw-b -- b, both gateways EIM/APDF.
Network two_nats();

/// Both sides send, so that each gateway lets the other in and every neighbour is known.
void punch(Fabric& fabric);

/// A UDP frame of `size` bytes from a to b's outer endpoint.
std::vector<std::byte> two_nats_frame(std::size_t size);

Fd connect_to(std::uint16_t port);

/// Two listening sockets with the fabric's buffers, and a thread that passes frames from the first
/// peer to the second: read, cut, write.
class BareForwarder {
public:
  BareForwarder();
  ~BareForwarder();

  std::uint16_t port(std::size_t i) const { return ports_[i]; }
  void start(); ///< both have connected

private:
  void run();

  std::array<Fd, 2> listeners_;
  std::array<Fd, 2> peers_;
  std::array<std::uint16_t, 2> ports_{};
  std::thread thread_;
};

} // namespace hermesh::bench
