// SPDX-License-Identifier: MIT
#pragma once

#include "certify/certify.hh"
#include "certify/virtual_hosts.hh"

namespace hermesh {

/// The probes of certification, one axis each, every one on source ports of its own. They write
/// what they found, and how, into `found`. Order matters (see `measure_all`).
class Probes {
public:
  Probes(VirtualHosts& hosts, MeasuredBehaviour& found) : hosts_(hosts), found_(found) {}

  void measure_all();

private:
  bool passes_udp();
  void mapping();
  void filtering();
  void preservation();
  void overloading();
  void flows();
  void early_inbound(std::uint16_t port, const Endpoint& external);

  VirtualHosts& hosts_;
  MeasuredBehaviour& found_;
};

} // namespace hermesh
