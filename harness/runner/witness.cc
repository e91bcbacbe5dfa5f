// SPDX-License-Identifier: MIT
#include "runner/witness.hh"

#include "certify/mapping_client.hh"
#include "runner/certificate.hh"

namespace hermesh {
namespace {

constexpr std::uint16_t usual_port = 3478;

/// A port of a server that the gateway is said to let its inside speak to.
std::uint16_t port_let_out(const nat::OutPolicy& policy) {
  return policy.passes(usual_port) || policy.passes_none() ? usual_port : policy.only->front();
}

} // namespace

template <typename Ask>
auto Witness::ask(Ask question) {
  decltype(question()) answer{};
  hub_->loop().with([&](Fabric&, Time) { answer = question(); });
  return answer;
}

Witness::Witness(FrameHub& hub, const Network& network, const Gateway& gateway)
    : hub_(&hub), gateway_(gateway_under_test(network, gateway)),
      server_port_(port_let_out(gateway.behaviour.udp_out)),
      tcp_server_port_(port_let_out(gateway.behaviour.tcp_out)) {
  hub_->loop().with([&](Fabric& fabric, Time now) {
    gateway_.taken.insert(gateway_.taken.end(), hub_->taken().begin(), hub_->taken().end());
    hosts_.emplace(fabric, gateway_, network.seed, now);
    for (std::size_t i = 0; i < virtual_host_count; ++i)
      hub_->taken().push_back(hosts_->address(static_cast<VirtualHost>(i)));
    place_ = hub_->add([this](Fabric&, PortId port, std::span<const std::byte> frame, Time) {
      hosts_->sink(port, frame);
    });
    port_ = unused_port();
  });
}

Witness::~Witness() {
  hub_->leave([&](Fabric&) {
    hub_->remove(place_);
    for (std::size_t i = 0; i < virtual_host_count; ++i)
      std::erase(hub_->taken(), hosts_->address(static_cast<VirtualHost>(i)));
    hosts_.reset();
  });
}

std::optional<Endpoint> Witness::send(std::uint16_t port) {
  return hosts_->send_out(
      {.host = VirtualHost::inside_one, .port = port}, VirtualHost::server_one, server_port_);
}

/// A witness of the same gateway draws the same ports again: what it sent from them may live on.
std::uint16_t Witness::unused_port() {
  while (true)
    if (const auto port = hosts_->fresh_port(); hub_->used_ports().insert(port).second) return port;
}

std::optional<Endpoint> Witness::out() {
  return ask([this] { return send(port_); });
}

std::optional<Endpoint> Witness::fresh() {
  return ask([this] { return send(unused_port()); });
}

std::optional<Endpoint> Witness::lease() {
  return ask([this]() -> std::optional<Endpoint> {
    MappingClient client(*hosts_);
    const MappingClient::Wish wish{.port = unused_port(), .lifetime = 3600};
    for (const auto protocol : {MappingClient::Protocol::pcp, MappingClient::Protocol::nat_pmp})
      if (const auto answer = client.ask(protocol, wish); answer && answer->granted())
        return answer->external;
    return std::nullopt;
  });
}

bool Witness::tcp() {
  return ask([this] {
    return hosts_
        ->send_out(
            {.host = VirtualHost::inside_one, .port = unused_port(), .carrier = Carrier::tcp},
            VirtualHost::server_one,
            tcp_server_port_)
        .has_value();
  });
}

bool Witness::in(const Endpoint& external) {
  return ask([&] {
    const auto arrived =
        hosts_->send({.host = VirtualHost::server_one, .port = server_port_}, external);
    return arrived && arrived->host == VirtualHost::inside_one;
  });
}

} // namespace hermesh
