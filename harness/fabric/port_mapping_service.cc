// SPDX-License-Identifier: MIT
#include "fabric/port_mapping_service.hh"

#include "fabric/core.hh"
#include "wire/ip.hh"
#include "wire/transport.hh"

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration before_announcing = 10ms; // several restarts at one moment are one
constexpr Duration first_interval = 250ms;
constexpr Address all_hosts = Address::v4(0xe0000001U);          // 224.0.0.1
constexpr MacAddress all_hosts_mac{{0x01, 0x00, 0x5e, 0, 0, 1}}; // RFC 1112 section 6.4

} // namespace

PortMappingService::PortMappingService(Core& core,
                                       nat::Table& table,
                                       std::deque<Interface>& interfaces)
    : core_(core), table_(table), interfaces_(interfaces), server_(table) {
  restart();
}

bool PortMappingService::receive(std::uint32_t side,
                                 const Transit& transit,
                                 const wire::IpHeader& ip) {
  if (side == 0 || !is_offered() || ip.protocol != wire::ip_protocol::udp) return false;
  Interface& interface = interfaces_[side];
  const auto datagram = transit.frame.subspan(wire::ethernet_header_size + ip.header_size);
  const auto udp = wire::parse_udp(datagram);
  if (!udp || udp->destination != wire::port_mapping_server_port) return false;
  if (!interface.owns_ipv4(ip.destination) || !interface.on_link(ip.source)) return false;
  if (!wire::transport_checksum_ok(datagram, ip.protocol, ip.source, ip.destination)) {
    interface.drop(transit, DropReason::malformed);
    return true;
  }
  PortMappingServer::Buffer buffer;
  const Endpoint client{.address = ip.source, .port = udp->source};
  const auto request = datagram.subspan(wire::udp_header_size, udp->size - wire::udp_header_size);
  const auto answer = server_.answer(client, request, core_.now(), buffer);
  if (!answer.empty())
    send(side, wire::load_mac(transit.frame.data() + 6), ip.destination, client, answer);
  return true;
}

void PortMappingService::restart() {
  server_.restart(core_.now());
  announced_ = 0;
  interval_ = first_interval;
  next_announcement_ = is_offered() ? core_.now() + before_announcing : Time::max();
  core_.wake_at(due());
}

void PortMappingService::advance(Time now) {
  if (due() > now) return;
  PortMappingServer::Buffer buffer;
  announce(server_.announce_nat_pmp(now, buffer));
  announce(server_.announce_pcp(now, buffer));
  next_announcement_ = ++announced_ < most_announcements ? now + interval_ : Time::max();
  interval_ *= 2;
}

void PortMappingService::announce(wire::Bytes message) {
  if (message.empty()) return;
  for (std::uint32_t side = 1; side < interfaces_.size(); ++side)
    if (const auto& own = interfaces_[side].side().ipv4)
      send(side,
           all_hosts_mac,
           *own,
           {.address = all_hosts, .port = wire::port_mapping_client_port},
           message);
}

void PortMappingService::send(std::uint32_t side,
                              const MacAddress& mac,
                              const Address& from,
                              const Endpoint& to,
                              wire::Bytes message) {
  constexpr std::size_t headers =
      wire::ethernet_header_size + wire::ipv4_header_size + wire::udp_header_size;
  std::array<std::byte, headers + wire::pcp::most_size> bytes{};
  const auto frame = wire::MutableBytes(bytes).first(headers + message.size());
  const auto packet = frame.subspan(wire::ethernet_header_size);
  wire::write_ipv4(packet,
                   {.total_size = static_cast<std::uint16_t>(packet.size()),
                    .protocol = wire::ip_protocol::udp,
                    .source = from,
                    .destination = to.address});
  const auto datagram = packet.subspan(wire::ipv4_header_size);
  std::ranges::copy(message, datagram.begin() + wire::udp_header_size);
  wire::write_udp(datagram, from, to.address, wire::port_mapping_server_port, to.port);
  interfaces_[side].send_to(mac, frame);
}

} // namespace hermesh
