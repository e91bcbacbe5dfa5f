// SPDX-License-Identifier: MIT
//
// Probes: ICMP errors, TCP's own rules, fragments.
#include "certify/crafted.hh"
#include "certify/probes.hh"
#include "wire/frame.hh"
#include "wire/icmp.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

using enum VirtualHost;

constexpr std::size_t fragmented_data = 60;

} // namespace

/// RFC 5508 REQ-4: the error reaches who it is about, with what it is about as that one sent it;
/// and no error ends a mapping.
void Probes::icmp_errors() {
  const std::uint16_t port = hosts_.fresh_port();
  const Endpoint inside = hosts_.endpoint(inside_one, port);
  const Endpoint server = hosts_.endpoint(server_one, first_port_);
  const auto ends = hosts_.addresses(inside_one, inside, server);
  auto frame = carrier_ == Carrier::udp ? wire::make_udp_frame(ends, {})
                                        : wire::make_tcp_frame(ends, wire::tcp_flag::syn);
  const std::string probe = fmt::format("'port unreachable' about {} that arrived", sent());
  const auto received = hosts_.exchange(inside_one, std::move(frame));
  const auto out = std::ranges::find(received, server_one, &VirtualHosts::Received::host);
  const auto summary = out == received.end() ? std::nullopt : wire::summarise(out->frame);
  if (!summary) return note("icmp_errors", probe, "the packet was lost");
  const auto back = hosts_.addresses(server_one, server, {summary->source.address, 0});
  auto error =
      crafted::unreachable(back, wire::Bytes(out->frame).subspan(wire::ethernet_header_size));
  bool translated = false;
  bool wrong = false;
  for (const auto& one : hosts_.exchange(server_one, std::move(error)))
    if (const auto subject = crafted::subject_of(one.frame); subject && one.host == inside_one) {
      translated = *subject == std::array{inside, server};
      wrong = !translated;
    }
  const bool survived = send_in(server_one, first_port_, summary->source, port);
  if (survived && !wrong) found_.icmp_errors = translated ? "translated" : "dropped";
  note("icmp_errors",
       probe,
       fmt::format("{}; the mapping {}",
                   translated ? "came in, about the inside endpoint"
                   : wrong    ? "came in, about another endpoint"
                              : "nothing came in",
                   survived ? "lives" : "is gone"));
}

/// RFC 5382 REQ-4: an answer would end a simultaneous open.
void Probes::unsolicited_syn() {
  const Seen external =
      hosts_.send_out({.host = inside_one, .port = hosts_.fresh_port(), .carrier = Carrier::tcp},
                      server_one,
                      *tcp_port_);
  if (!external) return;
  std::string answer;
  const auto try_port = [&](std::uint16_t port) {
    const auto ends = hosts_.addresses(
        server_two, hosts_.endpoint(server_two, *tcp_port_), {external->address, port});
    for (const auto& one :
         hosts_.exchange(server_two, wire::make_tcp_frame(ends, wire::tcp_flag::syn)))
      if (one.host == server_two) answer = "an answer came";
  };
  try_port(external->port);
  try_port(hosts_.fresh_port());
  found_.unsolicited_syn = answer.empty() ? "ignored" : "answered";
  note("unsolicited_syn",
       "a SYN from a stranger to a mapped port, and to one that is not",
       answer.empty() ? "no answer" : answer);
}

/// RFC 5382 REQ-2: both sides send a SYN, whichever comes first at the gateway.
void Probes::simultaneous_open() {
  const auto syn = [](VirtualHost host, std::uint16_t port) {
    return VirtualHosts::Sender{.host = host, .port = port, .carrier = Carrier::tcp};
  };
  const auto arrives = [&](const Endpoint& external, std::uint16_t port) {
    const auto arrival = hosts_.send(syn(server_two, *tcp_port_), external);
    return arrival && arrival->destination == hosts_.endpoint(inside_one, port);
  };
  const std::uint16_t first = hosts_.fresh_port();
  const Seen out_first = hosts_.send_out(syn(inside_one, first), server_two, *tcp_port_);
  const bool works_out_first = out_first && arrives(*out_first, first);

  const std::uint16_t second = hosts_.fresh_port();
  const Seen signalled = hosts_.send_out(syn(inside_one, second), server_one, *tcp_port_);
  if (signalled) arrives(*signalled, second); // too early, or let in
  const Seen in_first = hosts_.send_out(syn(inside_one, second), server_two, *tcp_port_);
  const bool moved = found_.mapping == "EIM" && in_first != signalled;
  const bool works_in_first = in_first && !moved && arrives(*in_first, second);
  found_.simultaneous_open = works_out_first && works_in_first ? "works" : "fails";
  note("simultaneous_open",
       "a SYN out and one in; then one in, one out and one in",
       fmt::format("{}; {}",
                   works_out_first ? "came in" : "did not come in",
                   works_in_first ? "came in"
                   : moved        ? "the outside port moved"
                                  : "did not come in"));
}

/// RFC 4787 REQ-14, in both directions: the first piece, which alone has ports, comes last.
void Probes::fragments() {
  const std::uint16_t port = hosts_.fresh_port();
  const bool udp = carrier_ == Carrier::udp;
  const std::uint8_t protocol = udp ? wire::ip_protocol::udp : wire::ip_protocol::tcp;
  const crafted::Frame data(fragmented_data);
  const auto cross = [&](VirtualHost sender,
                         VirtualHost target,
                         const Endpoint& source,
                         const Endpoint& destination) {
    const auto ends = hosts_.addresses(sender, source, destination);
    auto pieces = crafted::split(udp ? wire::make_udp_frame(ends, data)
                                     : wire::make_tcp_frame(ends, wire::tcp_flag::syn, 0, data),
                                 hosts_.fresh_port());
    std::ranges::reverse(pieces);
    std::vector<VirtualHosts::Received> received;
    for (auto& piece : pieces)
      for (auto& one : hosts_.exchange(sender, std::move(piece)))
        received.push_back(std::move(one));
    return crafted::joined(received, target, protocol);
  };
  const Endpoint inside = hosts_.endpoint(inside_one, port);
  const Endpoint server = hosts_.endpoint(server_one, first_port_);
  const Seen external = cross(inside_one, server_one, inside, server);
  const bool back = external && cross(server_one, inside_one, server, *external) == server;
  found_.fragments = back ? "any order" : "lost";
  note("fragments",
       fmt::format("{} in pieces, the last first; an answer likewise", sent()),
       fmt::format(
           "{} outside; the answer {}", text_of(external), back ? "came whole" : "did not come"));
}

} // namespace hermesh
