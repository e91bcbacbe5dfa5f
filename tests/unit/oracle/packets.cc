// SPDX-License-Identifier: MIT
#include "packets.hh"

#include "base/random.hh"

namespace hermesh::oracle {
namespace {

const Endpoint server{.address = Address::v4(0x50C80001), .port = 4242}; // 80.200.0.1

Address layer_address(bool b, std::size_t layer, std::size_t layers) {
  const std::uint32_t side = b ? 2 : 1;
  if (layer + 1 == layers) return Address::v4(0x50640000 + side); // 80.100.0.side
  return Address::v4(0x0A000000 + (side << 16) + static_cast<std::uint32_t>(layer) * 256 + 2);
}

std::vector<nat::Table>
tables(const std::vector<nat::Behaviour>& chain, bool b, std::uint64_t seed) {
  std::vector<nat::Table> layers;
  for (std::size_t i = 0; i < chain.size(); ++i)
    layers.emplace_back(
        chain[i], layer_address(b, i, chain.size()), derive_seed(seed, b ? "b" : "a") + i);
  return layers;
}

Endpoint host_endpoint(bool b, bool is_public) {
  const std::uint32_t base = is_public ? 0x50640000 : 0xC0A80100;
  return {.address = Address::v4(base + (b ? 12 : 11)), .port = 4242};
}

} // namespace

PunchWorld::PunchWorld(const std::vector<nat::Behaviour>& a,
                       const std::vector<nat::Behaviour>& b,
                       std::uint64_t seed)
    : a_{.endpoint = host_endpoint(false, a.empty()), .layers = tables(a, false, seed)},
      b_{.endpoint = host_endpoint(true, b.empty()), .layers = tables(b, true, seed)} {
  const Endpoint of_a = learn_reflexive(a_);
  const Endpoint of_b = learn_reflexive(b_);
  a_.targets.insert(of_b);
  b_.targets.insert(of_a);
}

Endpoint PunchWorld::learn_reflexive(Host& host) {
  Endpoint source = host.endpoint;
  for (nat::Table& layer : host.layers)
    source = layer.outbound(nat::Protocol::udp, source, server, now_).endpoint;
  Endpoint back = source;
  for (auto layer = host.layers.rbegin(); layer != host.layers.rend(); ++layer)
    back = layer->inbound(nat::Protocol::udp, server, back, now_).endpoint;
  return source;
}

void PunchWorld::send(Host& from, const Endpoint& to, bool request) {
  Packet packet{.source = from.endpoint, .destination = to, .request = request};
  for (nat::Table& layer : from.layers)
    packet.source = layer.outbound(nat::Protocol::udp, packet.source, to, now_).endpoint;
  under_way_.push_back(packet);
}

void PunchWorld::arrive(Host& host, Packet packet) {
  for (auto layer = host.layers.rbegin(); layer != host.layers.rend(); ++layer) {
    const auto in = layer->inbound(nat::Protocol::udp, packet.source, packet.destination, now_);
    if (!in) return;
    packet.destination = in.endpoint;
  }
  if (packet.destination != host.endpoint) return;
  host.targets.insert(packet.source);
  if (packet.request)
    send(host, packet.source, false);
  else
    host.answered = true;
}

void PunchWorld::deliver_all() {
  while (!under_way_.empty()) {
    const Packet packet = under_way_.front();
    under_way_.pop_front();
    for (Host* host : {&a_, &b_}) {
      const Address& outermost =
          host->layers.empty() ? host->endpoint.address : host->layers.back().external();
      if (packet.destination.address == outermost) arrive(*host, packet);
    }
  }
}

void PunchWorld::probe(Host& host) {
  const auto targets = host.targets; // what this round's answers add is for the next
  for (const Endpoint& target : targets)
    send(host, target, true);
}

bool PunchWorld::punch(Order order) {
  Host& first = order == Order::b_first ? b_ : a_;
  Host& second = order == Order::b_first ? a_ : b_;
  constexpr int rounds = 6;
  for (int round = 0; round < rounds; ++round) {
    now_ += std::chrono::seconds{1};
    a_.answered = b_.answered = false;
    probe(first);
    if (order != Order::crossing) deliver_all();
    probe(second);
    deliver_all();
  }
  return a_.answered || b_.answered;
}

} // namespace hermesh::oracle
