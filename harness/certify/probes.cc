// SPDX-License-Identifier: MIT
#include "certify/probes.hh"

namespace hermesh {

using enum VirtualHost;

std::string text_of(const std::optional<Endpoint>& seen) {
  return seen ? to_string(*seen) : "nothing";
}

/// Each on a gateway that knows nothing, so that a small block of ports is none's undoing.
void Probes::run(std::initializer_list<Probe> probes) {
  for (const Probe probe : probes) {
    hosts_.forget();
    (this->*probe)();
  }
}

/// Mapping before anything comes in: an admitted packet may bind the flow of its sender.
void Probes::measure_all() {
  run({&Probes::icmp_query, &Probes::out_policies});
  if (passes_something())
    run({&Probes::mapping,
         &Probes::filtering,
         &Probes::survey,
         &Probes::assignment,
         &Probes::clashes,
         &Probes::overloading,
         &Probes::flows,
         &Probes::hairpin});
  run({&Probes::lifetimes, &Probes::absolute_lifetime, &Probes::refresh});
  if (passes_something()) run({&Probes::icmp_errors, &Probes::fragments, &Probes::link_mtu});
  if (passes_tcp()) run({&Probes::unsolicited_syn, &Probes::simultaneous_open});
  run({&Probes::port_mapping});
}

void Probes::measure_ipv6() {
  run({&Probes::ipv6, &Probes::icmp_query, &Probes::out_policies});
  if (passes_something()) run({&Probes::mapping, &Probes::filtering, &Probes::survey});
  run({&Probes::lifetimes, &Probes::refresh});
  if (passes_something()) run({&Probes::icmp_errors, &Probes::fragments, &Probes::link_mtu});
  if (passes_tcp()) run({&Probes::unsolicited_syn, &Probes::simultaneous_open});
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
