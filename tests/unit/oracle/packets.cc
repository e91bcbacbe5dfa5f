// SPDX-License-Identifier: MIT
#include "packets.hh"

#include "base/random.hh"

#include <algorithm>
#include <array>

namespace hermesh::oracle {
namespace {

constexpr std::size_t server = 2;
constexpr nat::Protocol udp = nat::Protocol::udp;

/// 80.100.0.0/16 is the Internet, 10.n.0.0/16 the n-th network behind a gateway.
Address address_on(std::size_t network, std::uint32_t tail) {
  const std::uint32_t prefix =
      network == 0 ? 0x50640000U : 0x0A000000U + (static_cast<std::uint32_t>(network) << 16U);
  return Address::v4(prefix + tail);
}

} // namespace

PunchWorld::PunchWorld(const Scene& scene, std::uint64_t seed) : by_tcp_(scene.by_tcp) {
  const NetworkId common = put_behind(scene.shared, 0, derive_seed(seed, "shared"));
  const NetworkId near_a = put_behind(scene.a, common, derive_seed(seed, "a"));
  const NetworkId near_b = put_behind(scene.b, common, derive_seed(seed, "b"));
  const std::uint16_t port = 4242;
  const auto port_of_b = static_cast<std::uint16_t>(scene.one_port ? port : port + 2);
  hosts_ = {{.endpoint = {address_on(near_a, 11), port}, .network = near_a},
            {.endpoint = {address_on(near_b, 12), port_of_b}, .network = near_b},
            {.endpoint = {address_on(0, 0x7001), 3478}, .network = 0}};
  introduce(scene);
}

/// The innermost network of the chain that ends at `network`.
PunchWorld::NetworkId PunchWorld::put_behind(const std::vector<nat::Behaviour>& chain,
                                             NetworkId network,
                                             std::uint64_t seed) {
  for (auto layer = chain.size(); layer-- > 0;) {
    const NetworkId inside = networks_++;
    const auto first = static_cast<std::uint32_t>(0x100 + 0x80 * boxes_.size());
    boxes_.push_back({.table = nat::Table(chain[layer], address_on(network, first), seed + inside),
                      .outside = network,
                      .inside = inside});
    network = inside;
  }
  return network;
}

/// Of the gateway next to the host, as a client of NAT-PMP or PCP does.
std::optional<Endpoint> PunchWorld::ask_for_port(std::size_t host) {
  Box* gateway = way_out(hosts_[host].network);
  if (gateway == nullptr || !gateway->table.behaviour().port_mapping.grants()) return std::nullopt;
  const Endpoint inside = hosts_[host].endpoint;
  const auto granted = gateway->table.lease({.protocol = udp,
                                             .inside = inside,
                                             .suggested_port = inside.port,
                                             .lifetime = std::chrono::hours{1}},
                                            now_);
  return granted ? std::optional(granted.endpoint) : std::nullopt;
}

void PunchWorld::introduce(const Scene& scene) {
  seen_.resize(2);
  std::array<std::optional<Endpoint>, 2> granted;
  for (const std::size_t host : {0U, 1U})
    if (scene.asks) granted.at(host) = ask_for_port(host);
  for (const std::size_t host : {0U, 1U}) {
    send(host, hosts_[server].endpoint, Kind::hello);
    deliver_all();
  }
  if (!seen_[0] || !seen_[1]) return; // nobody to tell, or nobody to tell of
  for (const std::size_t host : {0U, 1U}) {
    hosts_[host].targets.insert(*seen_[1 - host]);
    if (scene.own_addresses) hosts_[host].targets.insert(hosts_[1 - host].endpoint);
    if (const auto& offered = granted.at(1 - host)) hosts_[host].targets.insert(*offered);
  }
}

PunchWorld::Host* PunchWorld::host_at(NetworkId network, const Address& address) {
  const auto found = std::ranges::find_if(hosts_, [&](const Host& host) {
    return host.network == network && host.endpoint.address == address;
  });
  return found == hosts_.end() ? nullptr : &*found;
}

/// Whether somebody there has the address, for all the network can see.
bool PunchWorld::is_within(NetworkId network, const Address& address) {
  return host_at(network, address) != nullptr || way_in(network, address) != nullptr;
}

PunchWorld::Box* PunchWorld::way_in(NetworkId network, const Address& address) {
  const auto found = std::ranges::find_if(boxes_, [&](const Box& box) {
    if (box.outside != network) return false;
    if (box.table.behaviour().translating == nat::Translating::none)
      return is_within(box.inside, address);
    return box.table.is_external(address);
  });
  return found == boxes_.end() ? nullptr : &*found;
}

PunchWorld::Box* PunchWorld::way_out(NetworkId network) {
  const auto found = std::ranges::find(boxes_, network, &Box::inside);
  return found == boxes_.end() ? nullptr : &*found;
}

void PunchWorld::send(std::size_t host, const Endpoint& to, Kind kind) {
  Packet packet{.source = hosts_[host].endpoint,
                .destination = to,
                .kind = kind,
                .at = hosts_[host].network,
                .sender = host};
  if (climb(packet)) under_way_.push_back(packet);
}

/// Outwards, to the first network where somebody knows the destination.
bool PunchWorld::climb(Packet& packet) {
  while (!is_within(packet.at, packet.destination.address)) {
    Box* box = way_out(packet.at);
    if (box == nullptr) return false;
    const bool translates = box->table.behaviour().translating != nat::Translating::none;
    if (translates && box->table.is_external(packet.destination.address)) return true;
    const auto out = box->table.outbound(udp, packet.source, packet.destination, now_);
    if (!out || !box->table.behaviour().passes(udp, packet.destination.port)) return false;
    packet.source = out.endpoint;
    packet.at = box->outside;
  }
  return true;
}

/// At the gateway that is the destination's owner, seen from inside.
bool PunchWorld::turn_round(Packet& packet) {
  if (is_within(packet.at, packet.destination.address)) return true;
  const auto ends = way_out(packet.at)->table.hairpin(udp, packet.source, packet.destination, now_);
  packet.source = ends.source;
  packet.destination = ends.destination;
  return static_cast<bool>(ends);
}

bool PunchWorld::descend(Packet& packet) {
  while (host_at(packet.at, packet.destination.address) == nullptr) {
    Box* box = way_in(packet.at, packet.destination.address);
    if (box == nullptr || !box->table.behaviour().passes(udp, packet.source.port)) return false;
    const auto in = box->table.inbound(udp, packet.source, packet.destination, now_);
    if (!in) return false;
    packet.destination = in.endpoint;
    packet.at = box->inside;
  }
  return true;
}

void PunchWorld::arrive(std::size_t host, const Packet& packet) {
  Host& self = hosts_[host];
  if (packet.destination != self.endpoint) return;
  if (host == server) {
    seen_[packet.sender] = packet.source;
    return send(server, packet.source, Kind::answer);
  }
  // Shared ports can turn a host's packet round to itself, which no peer is taken in by.
  if (packet.sender == server || packet.sender == host) return;
  if (!by_tcp_) self.targets.insert(packet.source);
  if (packet.kind == Kind::request)
    send(host, packet.source, Kind::answer);
  else if (self.targets.contains(packet.source))
    self.answered = true;
}

void PunchWorld::deliver_all() {
  while (!under_way_.empty()) {
    Packet packet = under_way_.front();
    under_way_.pop_front();
    if (!turn_round(packet) || !descend(packet)) continue;
    const Host* host = host_at(packet.at, packet.destination.address);
    arrive(static_cast<std::size_t>(host - hosts_.data()), packet);
  }
}

void PunchWorld::probe(std::size_t host) {
  const auto targets = hosts_[host].targets; // what this round's answers add is for the next
  for (const Endpoint& target : targets)
    send(host, target, Kind::request);
}

bool PunchWorld::punch(Order order) {
  const std::size_t first = order == Order::b_first ? 1 : 0;
  constexpr int rounds = 6;
  for (int round = 0; round < rounds; ++round) {
    now_ += std::chrono::seconds{1};
    // A connection stays, while a datagram's way has to hold.
    if (!by_tcp_) hosts_[0].answered = hosts_[1].answered = false;
    probe(first);
    if (order != Order::crossing) deliver_all();
    probe(1 - first);
    deliver_all();
  }
  return hosts_[0].answered || hosts_[1].answered;
}

} // namespace hermesh::oracle
