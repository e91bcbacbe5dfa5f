// SPDX-License-Identifier: MIT
//
// Probes: what the link outside takes, and what becomes of IPv6.
#include "certify/crafted.hh"
#include "certify/probes.hh"
#include "wire/frame.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using enum VirtualHost;

constexpr std::size_t least = 1280; // RFC 8200 section 5
constexpr std::size_t most = 1500;

/// The MTU that an error says; empty when it is about something else.
std::optional<std::size_t> mtu_in(const crafted::Frame& frame) {
  const auto error = crafted::error_in(frame);
  if (!error) return std::nullopt;
  const bool v4 = crafted::ip_of(frame)->source.is_v4();
  const bool too_big = v4 ? error->type == wire::icmp_type::unreachable &&
                                error->code == wire::icmp_code::fragmentation_needed
                          : error->type == wire::icmpv6_type::packet_too_big;
  if (!too_big) return std::nullopt;
  return v4 ? error->rest & 0xffff : error->rest;
}

std::string text_of(const std::optional<std::size_t>& size) {
  return size ? std::to_string(*size) : "nothing of 1280 bytes";
}

} // namespace

/// A packet of that many bytes from one side to the other, not to be cut.
Probes::Crossing Probes::cross(std::size_t size, const Way& way) {
  const auto ends = hosts_.addresses(way.from, way.source, way.destination);
  Crossing crossing;
  for (const auto& one : hosts_.exchange(way.from, frame_of(size, ends))) {
    const auto ip = crafted::ip_of(one.frame);
    if (one.host == way.to && ip && !ip->is_fragment() && ip->total_size == size)
      crossing.arrived = true;
    const bool about_it = crafted::subject_of(one.frame) == std::array{way.source, way.destination};
    if (one.host == way.from && about_it) crossing.reported = mtu_in(one.frame);
  }
  return crossing;
}

std::vector<std::byte> Probes::frame_of(std::size_t size, const wire::FrameAddresses& ends) const {
  const std::size_t ip =
      ends.source.address.is_v4() ? wire::ipv4_header_size : wire::ipv6_header_size;
  if (carrier_ == Carrier::udp)
    return wire::make_udp_frame(ends, crafted::Frame(size - ip - wire::udp_header_size));
  return wire::make_tcp_frame(
      ends, wire::tcp_flag::syn, 0, crafted::Frame(size - ip - wire::tcp_header_size));
}

/// The largest that arrives, and what senders of larger ones are told.
Probes::Link Probes::measure_link(const Way& way) {
  Link link;
  if (!cross(least, way).arrived) return link;
  const auto try_size = [&](std::size_t size) {
    const auto crossing = cross(size, way);
    if (crossing.arrived) return true;
    ++link.lost;
    if (crossing.reported) link.reported.insert(*crossing.reported);
    if (!crossing.reported) ++link.silent;
    return false;
  };
  std::size_t good = least;
  std::size_t bad = most + 1;
  if (try_size(most)) good = most;
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    (try_size(middle) ? good : bad) = middle;
  }
  link.mtu = good;
  return link;
}

/// What may be cut arrives whole all the same (RFC 791 section 3.2).
bool Probes::arrives_in_pieces(const Way& way) {
  const auto ends = hosts_.addresses(way.from, way.source, way.destination);
  const auto received =
      hosts_.exchange(way.from, crafted::divisible(frame_of(most, ends), hosts_.fresh_port()));
  const std::uint8_t protocol =
      carrier_ == Carrier::udp ? wire::ip_protocol::udp : wire::ip_protocol::tcp;
  return crafted::joined(received, way.to, protocol).has_value();
}

/// RFC 1191, RFC 8201, and what RFC 2923 section 2.1 calls a black hole.
void Probes::link_mtu() {
  const std::uint16_t port = hosts_.fresh_port();
  const Endpoint inside = hosts_.endpoint(inside_one, port);
  const Endpoint server = hosts_.endpoint(server_one, first_port_);
  const Seen external = send_out(inside_one, port, server_one);
  const std::string probe =
      fmt::format("{} of 1280 to 1500 bytes that must not be cut, out and in", sent());
  if (!external) return note("mtu", probe, "the first packet out was lost");
  const Way out{inside_one, server_one, inside, server};
  const Way in{server_one, inside_one, server, *external};
  const Link there = measure_link(out);
  const Link back = measure_link(in);
  if (there.mtu && there.mtu == back.mtu) found_.mtu = std::to_string(*there.mtu);
  note("mtu", probe, fmt::format("{} out, {} in", text_of(there.mtu), text_of(back.mtu)));
  judge_mtu_errors(there, back);
  if (!inside.address.is_v4() || there.mtu == most) return;
  const bool whole = arrives_in_pieces(out) && arrives_in_pieces(in);
  if (!whole) found_.mtu = "?";
  note("mtu",
       fmt::format("{} of 1500 bytes that may be cut, out and in", sent()),
       whole ? "came whole, in pieces" : "did not come whole");
}

void Probes::judge_mtu_errors(const Link& there, const Link& back) {
  const std::size_t lost = there.lost + back.lost;
  const std::size_t silent = there.silent + back.silent;
  auto said = there.reported;
  said.insert(back.reported.begin(), back.reported.end());
  if (there.mtu && back.mtu && lost == 0)
    found_.mtu_errors = "either";
  else if (lost > 0 && silent == lost)
    found_.mtu_errors = "false";
  else if (lost > 0 && silent == 0 && said.size() == 1 && *said.begin() == there.mtu)
    found_.mtu_errors = "true";
  note("mtu_errors",
       fmt::format("the {} that were too big", lost),
       lost == 0 ? std::string("none was")
                 : fmt::format("{} vanished, {} senders were told {}",
                               silent,
                               lost - silent,
                               fmt::join(said, ", ")));
}

/// Who began nothing is sent to first; then out.
void Probes::ipv6() {
  const std::uint16_t port = hosts_.fresh_port();
  const Endpoint inside = hosts_.endpoint(inside_one, port);
  const auto passes = [&](VirtualHost from, Carrier carrier, const Endpoint& to) {
    const auto arrival =
        hosts_.send({.host = from, .port = hosts_.fresh_port(), .carrier = carrier}, to);
    return arrival && arrival->host != from; // an error comes back with what it is about
  };
  const bool open =
      passes(server_two, Carrier::udp, inside) && passes(server_two, Carrier::tcp, inside);
  const bool echo = passes(inside_one, Carrier::icmp, hosts_.endpoint(server_one, 0));
  bool out = echo;
  for (const auto carrier : {Carrier::udp, Carrier::tcp})
    for (const std::uint16_t to : probed_ports)
      out = out || passes(inside_one, carrier, hosts_.endpoint(server_one, to));

  const Endpoint server = hosts_.endpoint(server_one, probed_ports.back());
  bool told = false;
  if (!out)
    for (const auto& one : hosts_.exchange(
             inside_one, wire::make_udp_frame(hosts_.addresses(inside_one, inside, server), {})))
      told = told || (one.host == inside_one &&
                      crafted::subject_of(one.frame) == std::array{inside, server});
  found_.ipv6 = open ? "open" : out ? "filtered" : told ? "unreachable" : "dropped";
  if (open && !out) found_.ipv6 = "?";
  note("ipv6",
       "UDP and a SYN in that nobody asked for; then an echo request, UDP and SYNs out",
       fmt::format("{}; {}{}",
                   open ? "came in" : "did not come in",
                   out ? "got out" : "nothing got out",
                   told ? ", and the sender was told" : ""));
}

} // namespace hermesh
