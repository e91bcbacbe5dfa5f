// SPDX-License-Identifier: MIT
#include "certify/virtual_hosts.hh"

#include "base/error.hh"
#include "wire/arp.hh"
#include "wire/frame.hh"
#include "wire/icmp.hh"
#include "wire/neighbour.hh"
#include "wire/transport.hh"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hermesh {
namespace {

constexpr std::string_view marker = "hermesh certify ";

/// What makes one packet known again when it arrives.
std::vector<std::byte> tag_of(std::uint64_t number) {
  std::vector<std::byte> tag(marker.size() + 8);
  std::ranges::transform(marker, tag.begin(), [](char c) { return static_cast<std::byte>(c); });
  wire::store32(tag.data() + marker.size(), static_cast<std::uint32_t>(number >> 32));
  wire::store32(tag.data() + marker.size() + 4, static_cast<std::uint32_t>(number));
  return tag;
}

/// The highest address of the prefix that nobody has; machines are numbered from below.
std::optional<Address> next_free(const Prefix& prefix, std::set<Address>& used) {
  constexpr unsigned most_bits = 16; // looked at, of IPv6
  const unsigned host_bits =
      prefix.address.is_v4() ? 32 - prefix.length : std::min(most_bits, 128 - prefix.length);
  if (host_bits >= 32) return std::nullopt;
  const std::uint32_t hosts =
      (std::uint32_t{1} << host_bits) - 1; // the last is IPv4's broadcast address
  for (std::uint32_t number = hosts; number-- > 1;)
    if (const Address address = prefix.host(number); used.insert(address).second) return address;
  return std::nullopt;
}

Address free_address(const Prefix& prefix, std::set<Address>& used) {
  if (const auto address = next_free(prefix, used)) return *address;
  throw Error("certification needs room for its hosts in " + to_string(prefix));
}

} // namespace

VirtualHosts::VirtualHosts(Fabric& fabric,
                           const GatewayUnderTest& gateway,
                           std::uint64_t seed,
                           Time now)
    : fabric_(fabric), gateway_(gateway), random_(derive_seed(seed, "certify " + gateway.name)),
      now_(now) {
  std::set<Address> used(gateway.taken.begin(), gateway.taken.end());
  used.insert({gateway.inside_address, gateway.outside_address});
  for (std::size_t i = 0; i < virtual_host_count; ++i) {
    MacAddress mac{{0x02, 0xce, 0, 0, 0, static_cast<std::uint8_t>(i)}};
    for (std::size_t byte = 2; byte < 5; ++byte)
      mac.bytes.at(byte) = static_cast<std::uint8_t>(random_.next());
    const bool inside = is_inside(static_cast<VirtualHost>(i));
    const Address address =
        free_address(inside ? gateway.inside_prefix : gateway.outside_prefix, used);
    hosts_.push_back({.address = address, .mac = mac});
  }
  attach_all();
}

void VirtualHosts::attach_all() {
  try {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const bool inside = is_inside(static_cast<VirtualHost>(i));
      hosts_[i].port = fabric_.attach(inside ? gateway_.inside_segment : gateway_.outside_segment,
                                      hosts_[i].mac);
      hosts_[i].attached = true;
    }
  } catch (...) { // no destructor will run
    detach_all();
    throw;
  }
}

void VirtualHosts::detach_all() {
  for (Host& host : hosts_)
    if (std::exchange(host.attached, false)) fabric_.detach(host.port);
}

VirtualHosts::~VirtualHosts() {
  detach_all();
}

std::uint16_t VirtualHosts::fresh_port() {
  while (true) {
    const auto port = static_cast<std::uint16_t>(33000 + random_.below(28000));
    const auto near = used_ports_.lower_bound(static_cast<std::uint16_t>(port - 1));
    if (near != used_ports_.end() && *near <= port + 1) continue;
    used_ports_.insert(port);
    return port;
  }
}

void VirtualHosts::sink(PortId port, std::span<const std::byte> frame) {
  for (std::size_t i = 0; i < hosts_.size(); ++i)
    if (hosts_[i].attached && hosts_[i].port == port)
      inbox_.push_back({i, {frame.begin(), frame.end()}});
}

wire::FrameAddresses VirtualHosts::addresses(VirtualHost from,
                                             const Endpoint& source,
                                             const Endpoint& destination) const {
  return {.source_mac = at(from).mac,
          .destination_mac = is_inside(from) ? gateway_.inside_mac : gateway_.outside_mac,
          .source = source,
          .destination = destination};
}

std::optional<Endpoint>
VirtualHosts::send_out(const Sender& from, VirtualHost server, std::uint16_t server_port) {
  const auto seen = send(from, endpoint(server, server_port));
  if (!seen || seen->host != server) return std::nullopt;
  return seen->source;
}

std::optional<VirtualHosts::Arrival> VirtualHosts::send(const Sender& from, const Endpoint& to) {
  const auto ends =
      addresses(from.host, {from.address.value_or(address(from.host)), from.port}, to);
  const auto tag = tag_of(++sent_);
  std::vector<std::byte> frame;
  switch (from.carrier) {
  case Carrier::udp: frame = wire::make_udp_frame(ends, tag); break;
  case Carrier::tcp: frame = wire::make_tcp_frame(ends, from.flags, 0, tag); break;
  case Carrier::icmp: // the answer carries the identifier that the question came with
    auto echo = ends;
    if (!is_inside(from.host)) echo.source.port = to.port;
    frame = wire::make_echo_frame(echo, !is_inside(from.host), 1, tag);
    break;
  }
  std::optional<Arrival> arrived;
  for (const Received& received : exchange(from.host, std::move(frame)))
    if (const auto one = arrival(received, tag)) arrived = one;
  return arrived;
}

std::vector<VirtualHosts::Received> VirtualHosts::exchange(VirtualHost from,
                                                           std::vector<std::byte> frame) {
  fabric_.receive(at(from).port, frame, now_);
  std::vector<Received> received;
  while (!inbox_.empty()) { // the gateway may have to ask for an address before it sends on
    Frame next = std::move(inbox_.front());
    inbox_.pop_front();
    if (!answer_arp(next) && !answer_neighbour(next))
      received.push_back({static_cast<VirtualHost>(next.host), std::move(next.bytes)});
  }
  return received;
}

std::vector<std::byte> VirtualHosts::ask_gateway(const Sender& from,
                                                 std::uint16_t port,
                                                 std::span<const std::byte> question) {
  const Endpoint own = endpoint(from.host, from.port);
  const Endpoint to{is_inside(from.host) ? gateway_.inside_address : gateway_.outside_address,
                    port};
  for (const Received& received :
       exchange(from.host, wire::make_udp_frame(addresses(from.host, own, to), question))) {
    const auto summary = wire::summarise(received.frame);
    if (received.host != from.host || !summary || summary->source != to) continue;
    if (summary->protocol != wire::ip_protocol::udp || summary->destination != own) continue;
    return {summary->data.begin(), summary->data.end()};
  }
  return {};
}

/// False when it is no ARP.
bool VirtualHosts::answer_arp(const Frame& frame) {
  const auto ethernet = wire::parse_ethernet(frame.bytes);
  if (!ethernet || ethernet->type != wire::ether_type::arp) return false;
  const auto arp = wire::parse_arp(wire::Bytes(frame.bytes).subspan(wire::ethernet_header_size));
  const Host& host = hosts_[frame.host];
  if (!arp || arp->operation != wire::ArpPacket::Operation::request || arp->target != host.address)
    return true;
  auto reply = wire::make_arp_reply(host.mac, host.address, arp->sender_mac, arp->sender);
  fabric_.receive(host.port, reply, now_);
  return true;
}

/// False when it is no neighbour discovery (RFC 4861).
bool VirtualHosts::answer_neighbour(const Frame& frame) {
  const auto ethernet = wire::parse_ethernet(frame.bytes);
  if (!ethernet || ethernet->type != wire::ether_type::ipv6) return false;
  const auto packet = wire::Bytes(frame.bytes).subspan(wire::ethernet_header_size);
  const auto ip = wire::parse_ipv6(packet);
  if (!ip || ip->protocol != wire::ip_protocol::icmpv6) return false;
  const auto message = packet.subspan(ip->header_size, ip->data_size());
  const auto icmp = wire::parse_icmp(message);
  if (!icmp || icmp->type < wire::icmpv6_type::router_solicitation ||
      icmp->type > wire::icmpv6_type::redirect)
    return false;
  const auto question = wire::parse_neighbour(message);
  const Host& host = hosts_[frame.host];
  if (!question || question->advertisement || question->target != host.address) return true;
  constexpr std::size_t size = wire::ipv6_header_size + wire::neighbour_message_size;
  std::vector<std::byte> reply(wire::ethernet_header_size + size);
  wire::write_ethernet(
      reply, {.destination = ethernet->source, .source = host.mac, .type = wire::ether_type::ipv6});
  const auto out = wire::MutableBytes(reply).subspan(wire::ethernet_header_size);
  wire::write_ipv6(out,
                   {.total_size = size,
                    .hop_limit = 255,
                    .protocol = wire::ip_protocol::icmpv6,
                    .source = host.address,
                    .destination = ip->source});
  wire::write_neighbour(
      out.subspan(wire::ipv6_header_size),
      {.advertisement = true, .solicited = true, .target = host.address, .link_address = host.mac},
      host.address,
      ip->source);
  fabric_.receive(host.port, reply, now_);
  return true;
}

/// Only what is addressed to this very host, with a right checksum and the tag that was sent, has
/// arrived.
std::optional<VirtualHosts::Arrival> VirtualHosts::arrival(const Received& received,
                                                           std::span<const std::byte> tag) const {
  const auto ethernet = wire::parse_ethernet(received.frame);
  const auto summary = wire::summarise(received.frame);
  const Host& host = at(received.host);
  if (!ethernet || !summary || ethernet->destination != host.mac) return std::nullopt;
  if (!summary->is_ip() || summary->destination.address != host.address) return std::nullopt;
  const auto packet = wire::Bytes(received.frame).subspan(wire::ethernet_header_size);
  const auto ip = host.address.is_v4() ? wire::parse_ipv4(packet) : wire::parse_ipv6(packet);
  if (!ip || !wire::transport_checksum_ok(packet.subspan(ip->header_size, ip->data_size()),
                                          ip->protocol,
                                          ip->source,
                                          ip->destination))
    return std::nullopt;
  if (summary->data.size() < tag.size() || !std::ranges::equal(summary->data.last(tag.size()), tag))
    return std::nullopt;
  return Arrival{
      .host = received.host, .source = summary->source, .destination = summary->destination};
}

std::vector<Address> VirtualHosts::inside_addresses(std::size_t most) const {
  std::set<Address> used(gateway_.taken.begin(), gateway_.taken.end());
  used.insert({gateway_.inside_address, gateway_.outside_address});
  std::vector<Address> addresses;
  for (const auto host : {VirtualHost::inside_one, VirtualHost::inside_two}) {
    addresses.push_back(address(host));
    used.insert(address(host));
  }
  while (addresses.size() < most)
    if (const auto another = next_free(gateway_.inside_prefix, used))
      addresses.push_back(*another);
    else
      break;
  return addresses;
}

void VirtualHosts::age(Duration by) {
  fabric_.age(gateway_.name, by);
}

void VirtualHosts::forget() {
  fabric_.clear_state(gateway_.name);
}

} // namespace hermesh
