// SPDX-License-Identifier: MIT
#include "fabric/dhcp_server.hh"

#include <algorithm>

namespace hermesh {
namespace {

using Type = wire::DhcpMessage::Type;

constexpr std::uint32_t lease_seconds = 86400; // no trial is to see a renewal fail

} // namespace

std::optional<wire::DhcpMessage> DhcpServer::answer(const wire::DhcpMessage& message) {
  if (!side_.ipv4 || !side_.ipv4_prefix || message.client_mac.is_group()) return std::nullopt;
  if (message.type != Type::discover && message.type != Type::request) return std::nullopt;
  if (message.server && message.server != side_.ipv4) return std::nullopt; // another's offer
  const auto address = address_for(message.client_mac);
  if (!address) return std::nullopt;
  if (message.type == Type::request) {
    // Selecting and init-reboot name the address in an option, renewing in ciaddr (section 4.3.2).
    const Address wanted = message.requested.value_or(message.client);
    if (wanted != *address) return reply(message, Type::nak);
  }
  auto grant = reply(message, message.type == Type::discover ? Type::offer : Type::ack);
  grant.yours = *address;
  grant.router = side_.ipv4;
  const unsigned length = side_.ipv4_prefix->length;
  grant.subnet_mask = Address::v4(length == 0 ? 0 : ~std::uint32_t{0} << (32 - length));
  grant.lease_seconds = lease_seconds;
  return grant;
}

wire::DhcpMessage DhcpServer::reply(const wire::DhcpMessage& to, Type type) const {
  return {.type = type,
          .transaction = to.transaction,
          .broadcast = to.broadcast,
          .client = type == Type::ack ? to.client : Address{},
          .client_mac = to.client_mac,
          .server = side_.ipv4};
}

std::optional<Address> DhcpServer::address_for(const MacAddress& mac) {
  for (const auto* leases : {&side_.leases, &guests_})
    if (const auto known = std::ranges::find(*leases, mac, &GatewaySide::Lease::mac);
        known != leases->end())
      return known->address;
  if (guests_.size() >= most_guests) return std::nullopt;
  const std::uint32_t first = side_.ipv4_prefix->address.v4_value() + 1;
  const std::uint32_t top = side_.ipv4_prefix->broadcast().v4_value() - 1;
  for (std::uint32_t value = top; value >= first && value <= top; --value) {
    const Address candidate = Address::v4(value);
    const auto is_taken = [&](const auto& leases) {
      return std::ranges::find(leases, candidate, &GatewaySide::Lease::address) != leases.end();
    };
    if (candidate == side_.ipv4 || is_taken(side_.leases) || is_taken(guests_)) continue;
    guests_.push_back({.mac = mac, .address = candidate});
    return candidate;
  }
  return std::nullopt;
}

} // namespace hermesh
