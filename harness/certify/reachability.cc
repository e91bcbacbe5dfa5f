// SPDX-License-Identifier: MIT
//
// Probes: what may go out, and what carries the other probes.
#include "certify/probes.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using enum VirtualHost;
using PortList = std::vector<std::uint16_t>;

/// As a scenario has it.
std::string policy_word(const PortList& passing) {
  if (passing.size() == probed_ports.size()) return "all";
  if (passing.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < passing.size(); ++i)
    text += (i == 0 ? "" : i + 1 == passing.size() ? " and " : ", ") + std::to_string(passing[i]);
  return text;
}

} // namespace

void Probes::icmp_query() {
  const auto query = [this](VirtualHost host, std::uint16_t id) {
    return VirtualHosts::Sender{.host = host, .port = id, .carrier = Carrier::icmp};
  };
  const std::uint16_t id = hosts_.fresh_port();
  const Seen seen = hosts_.send_out(query(inside_one, id), server_one, 0);
  std::optional<VirtualHosts::Arrival> answer;
  if (seen) answer = hosts_.send(query(server_one, 0), *seen);
  query_passes_ = answer && answer->host == inside_one && answer->destination.port == id;
  found_.icmp_query = query_passes_ ? "passes" : "lost";
  note("icmp_query",
       fmt::format("echo request {} out, its reply in", id),
       query_passes_ ? fmt::format("{} outside, and the reply came back", seen->port)
                     : std::string(seen ? "no reply came back" : "no request arrived"));
}

std::vector<std::uint16_t> Probes::passing(Carrier carrier) {
  PortList ports;
  for (const std::uint16_t port : probed_ports) {
    hosts_.forget(); // each try is a mapping, of which a host may have few
    Seen seen;
    for (const VirtualHost server : {server_one, server_two, server_three}) {
      if (!seen)
        seen = hosts_.send_out(
            {.host = inside_one, .port = hosts_.fresh_port(), .carrier = carrier}, server, port);
      if (!ports.empty()) break; // one server is enough to tell ports apart
    }
    if (seen) ports.push_back(port);
  }
  return ports;
}

void Probes::out_policies() {
  const PortList udp = passing(Carrier::udp);
  const PortList tcp = passing(Carrier::tcp);
  if (!udp.empty()) udp_port_ = udp.back();
  if (!tcp.empty()) tcp_port_ = tcp.back();
  const bool alive = query_passes_ || passes_something();
  const auto tell = [&](const char* axis, const char* what, const PortList& ports) {
    note(axis,
         fmt::format("{} to ports {} of a server", what, fmt::join(probed_ports, ", ")),
         ports.empty() ? "nothing arrived" : fmt::format("arrived: {}", fmt::join(ports, ", ")));
    return alive ? policy_word(ports) : std::string("?"); // a gateway that is not there
  };
  found_.udp_out = tell("udp_out", "UDP", udp);
  found_.tcp_out = tell("tcp_out", "TCP SYNs", tcp);
  choose_carrier(udp, tcp);
}

/// Two ports tell more than one; UDP is what VPNs speak.
void Probes::choose_carrier(const PortList& udp, const PortList& tcp) {
  const bool by_tcp = udp.size() < 2 && (tcp.size() >= 2 || udp.empty());
  carrier_ = by_tcp ? Carrier::tcp : Carrier::udp;
  const PortList& ports = by_tcp ? tcp : udp;
  if (ports.empty()) return;
  first_port_ = ports.back();
  if (ports.size() > 1) second_port_ = ports[ports.size() - 2];
}

} // namespace hermesh
