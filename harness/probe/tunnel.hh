// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "probe/socket.hh"
#include "punch/puncher.hh"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hermesh::probe {

/// What `hermesh-probe tunnel` is told on its command line.
struct TunnelOptions {
  std::string interface;  ///< an existing TUN interface (ip tuntap add ... mode tun)
  Endpoint server{};      ///< the rendezvous
  std::uint32_t self = 0; ///< this machine's number; every machine has another
  std::map<std::uint32_t, Address> peers{}; ///< overlay addresses by number
  std::string
      state_folder{}; ///< what is known of each peer is written to <folder>/<overlay address>
};
/// Throws Error that says what is wrong.
TunnelOptions read_tunnel_options(const std::vector<std::string>& words);

/// The reference puncher as a VPN: IP packets for a peer go to where its answer to a punch came
/// from, as they are, from the one socket that punches. No encryption, no relay. Never returns.
void run_tunnel(const TunnelOptions& options);

/// The rendezvous server as a program. Never returns.
void run_rendezvous(std::uint16_t port);

} // namespace hermesh::probe
