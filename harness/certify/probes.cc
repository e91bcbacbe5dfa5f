// SPDX-License-Identifier: MIT
#include "certify/probes.hh"

namespace hermesh {

using enum VirtualHost;

std::string text_of(const std::optional<Endpoint>& seen) {
  return seen ? to_string(*seen) : "nothing";
}

/// Mapping before anything comes in: an admitted packet may bind the flow of its sender. Each probe
/// on a gateway that knows nothing, so that a small block of ports is none's undoing.
void Probes::measure_all() {
  using Probe = void (Probes::*)();
  const auto run = [this](Probe probe) {
    hosts_.forget();
    (this->*probe)();
  };
  for (const Probe probe : {&Probes::icmp_query, &Probes::out_policies})
    run(probe);
  if (passes_something())
    for (const Probe probe : {&Probes::mapping,
                              &Probes::filtering,
                              &Probes::survey,
                              &Probes::assignment,
                              &Probes::clashes,
                              &Probes::overloading,
                              &Probes::flows,
                              &Probes::hairpin})
      run(probe);
  for (const Probe probe : {&Probes::lifetimes, &Probes::absolute_lifetime, &Probes::refresh})
    run(probe);
  if (passes_something())
    for (const Probe probe : {&Probes::icmp_errors, &Probes::fragments})
      run(probe);
  if (passes_tcp())
    for (const Probe probe : {&Probes::unsolicited_syn, &Probes::simultaneous_open})
      run(probe);
}

Probes::Seen Probes::send_out(VirtualHost host, std::uint16_t port, VirtualHost server) {
  return send_out(host, port, server, first_port_);
}

Probes::Seen
Probes::send_out(VirtualHost host, std::uint16_t port, VirtualHost server, std::uint16_t to) {
  return hosts_.send_out(from(host, port), server, to);
}

/// A neighbour of the hosts: it only sends, so nobody needs to answer for it.
Probes::Seen Probes::send_out_as(const Address& inside, std::uint16_t port) {
  auto sender = from(inside_two, port);
  sender.address = inside;
  return hosts_.send_out(sender, server_one, first_port_);
}

bool Probes::send_in(VirtualHost server,
                     std::uint16_t from_port,
                     const Endpoint& external,
                     std::uint16_t to) {
  const VirtualHosts::Arrival unchanged{.host = inside_one,
                                        .source = hosts_.endpoint(server, from_port),
                                        .destination = hosts_.endpoint(inside_one, to)};
  return hosts_.send(from(server, from_port), external) == unchanged;
}

std::string Probes::sent() const {
  return carrier_ == Carrier::udp ? "UDP" : "a TCP SYN";
}

} // namespace hermesh
