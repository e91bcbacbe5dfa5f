// SPDX-License-Identifier: MIT
#include "fabric/fabric.hh"

#include "fabric/core.hh"

namespace hermesh {

struct Fabric::Impl : Core {
  using Core::Core;
};

Fabric::Fabric(const Network& network, Hooks hooks)
    : impl_(std::make_unique<Impl>(network, std::move(hooks))) {}
Fabric::~Fabric() = default;
Fabric::Fabric(Fabric&&) noexcept = default;
Fabric& Fabric::operator=(Fabric&&) noexcept = default;

void Fabric::receive(PortId port, std::span<std::byte> frame, Time now) {
  impl_->receive(port, frame, now);
}
std::optional<Time> Fabric::advance(Time now) {
  return impl_->advance(now);
}

PortId Fabric::port(std::string_view card) const {
  return impl_->port(card);
}
std::size_t Fabric::port_count() const {
  return impl_->port_count();
}
PortId Fabric::attach(std::string_view segment, const MacAddress& mac) {
  return impl_->attach(segment, mac);
}
void Fabric::detach(PortId port) {
  impl_->detach(port);
}

void Fabric::set_behaviour(std::string_view gateway, const nat::Behaviour& behaviour) {
  impl_->gateway(gateway).set_behaviour(behaviour);
}
void Fabric::clear_state(std::string_view gateway) {
  impl_->gateway(gateway).clear_state();
}
void Fabric::restart_port_mapping(std::string_view gateway) {
  impl_->gateway(gateway).restart_port_mapping();
}
void Fabric::open(std::string_view gateway, bool on) {
  impl_->gateway(gateway).open(on);
}
void Fabric::cut(std::string_view machine, bool on) {
  impl_->cut(machine, on);
}
void Fabric::move(PortId port, std::string_view segment) {
  impl_->move(port, segment);
}
void Fabric::age(std::string_view gateway, Duration by) {
  impl_->gateway(gateway).age(by);
}
void Fabric::hold(std::string_view gateway, bool on) {
  impl_->gateway(gateway).hold(on);
}
void Fabric::reboot(std::string_view gateway) {
  impl_->gateway(gateway).reboot();
}
std::size_t
Fabric::rebind(std::string_view gateway, const Address& inside, std::optional<std::uint16_t> port) {
  return impl_->gateway(gateway).rebind(inside, port);
}
void Fabric::change_address(std::string_view gateway, const Address& outside) {
  impl_->gateway(gateway).change_address(outside);
}
void Fabric::fill(std::string_view gateway, bool on) {
  impl_->gateway(gateway).fill(on);
}
void Fabric::block_udp(std::string_view gateway, bool on) {
  impl_->gateway(gateway).block_udp(on);
}
void Fabric::lose(PortId card, bool on) {
  impl_->lose(card, on);
}
void Fabric::lose(std::string_view segment, bool on) {
  impl_->lose(segment, on);
}
void Fabric::impair(PortId card, const Profile& profile) {
  impl_->impair(card, profile);
}
void Fabric::full(PortId port, bool on) {
  impl_->full(port, on);
}

std::vector<LedgerRow> Fabric::ledger() const {
  return impl_->ledger();
}
std::vector<FlowRow> Fabric::flows() const {
  return impl_->flows();
}
std::vector<std::string> Fabric::segment_ports(std::size_t segment) const {
  return impl_->segment_ports(segment);
}

} // namespace hermesh
