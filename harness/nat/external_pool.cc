// SPDX-License-Identifier: MIT
#include "nat/external_pool.hh"

#include <algorithm>
#include <iterator>

namespace hermesh::nat {
namespace {

Address plus(const Address& first, std::uint32_t number) {
  auto bytes = first.bytes();
  for (std::size_t i = bytes.size(); i-- > 0 && number != 0; number >>= 8) {
    number += bytes[i];
    bytes[i] = static_cast<std::uint8_t>(number);
  }
  return Address::v6(bytes);
}

/// The host number, which tells neighbours apart; of IPv6, its last 32 bits.
std::uint32_t tail(const Address& address) {
  return address.v4_value();
}

} // namespace

ExternalPool::ExternalPool(const Address& first, std::uint64_t salt)
    : first_(first), ports_(1), hosts_(0, Salted{salt}) {}

Address ExternalPool::address(std::uint32_t number) const {
  return number == 0 ? first_ : plus(first_, number);
}

std::optional<std::uint32_t> ExternalPool::number_of(const Address& external) const {
  const std::uint32_t number = tail(external) - tail(first_);
  if (number >= Behaviour::most_external_addresses || address(number) != external)
    return std::nullopt;
  return number;
}

PortSpace& ExternalPool::ports(std::uint32_t number, Protocol protocol) {
  if (ports_.size() <= number) ports_.resize(number + std::size_t{1});
  return ports_[number][static_cast<std::size_t>(protocol)];
}

/// Evenly, the same again after a reboot, and nothing to remember.
std::uint32_t ExternalPool::paired_number(const Address& inside, const Behaviour& behaviour) {
  return tail(inside) % behaviour.external_addresses;
}

Address ExternalPool::paired(const Address& inside, const Behaviour& behaviour) const {
  return address(paired_number(inside, behaviour));
}

Index ExternalPool::owner(Protocol protocol, const Endpoint& external) const {
  const auto number = number_of(external.address);
  if (!number || *number >= ports_.size()) return no_index;
  return ports_[*number][static_cast<std::size_t>(protocol)].owner(external.port);
}

bool ExternalPool::is_shared(Protocol protocol, const Endpoint& external) const {
  const auto number = number_of(external.address);
  return number && *number < ports_.size() &&
         ports_[*number][static_cast<std::size_t>(protocol)].is_shared(external.port);
}

Address ExternalPool::host_of(const Address& external) const {
  const auto number = number_of(external);
  return number && *number < own_.size() ? own_[*number] : Address{};
}

ExternalPool::Grant ExternalPool::choose(Protocol protocol,
                                         const Endpoint& inside,
                                         bool may_share,
                                         const Behaviour& behaviour,
                                         Random& random) {
  Grant grant;
  if (const auto found = hosts_.find(inside.address); found != hosts_.end())
    grant.host = found->second;
  if (behaviour.per_host_limit != 0 && grant.host.mappings >= behaviour.per_host_limit) {
    grant.refusal = Refusal::host_limit;
    return grant;
  }
  ++grant.host.mappings;
  if (behaviour.translating == Translating::none) {
    grant.holds_port = false;
    grant.external = inside;
  } else if (behaviour.translating == Translating::one_to_one) {
    choose_own(inside, behaviour, grant);
  } else if (behaviour.ports == PortAssignment::block) {
    choose_of_block(protocol, inside, behaviour, random, grant);
  } else if (may_share) {
    grant.external = {.address = paired(inside.address, behaviour), .port = inside.port};
  } else {
    choose_shared(protocol, inside, behaviour, random, grant);
  }
  return grant;
}

/// Out of the way, the former ones are nobody's choice: "preserve" then gives another port of the
/// same range and parity, and every other assignment goes on as ever.
ExternalPool::Grant ExternalPool::choose_other(const std::vector<Endpoint>& former,
                                               Protocol protocol,
                                               const Endpoint& inside,
                                               const Behaviour& behaviour,
                                               Random& random) {
  constexpr Index nobody = no_index - 1;
  const auto is_free = [&](const Endpoint& external) {
    const auto number = number_of(external.address);
    return number && *number < ports_.size() && !ports(*number, protocol).is_taken(external.port);
  };
  std::vector<Endpoint> out_of_the_way;
  std::ranges::copy_if(former, std::back_inserter(out_of_the_way), is_free);
  for (const Endpoint& external : out_of_the_way)
    ports(*number_of(external.address), protocol).take(external.port, nobody);
  Grant grant = choose(protocol, inside, false, behaviour, random);
  for (const Endpoint& external : out_of_the_way)
    ports(*number_of(external.address), protocol).release(external.port, nobody);
  if (grant.refusal != Refusal::ports_exhausted || out_of_the_way.empty()) return grant;
  return choose(protocol, inside, false, behaviour, random); // there is no other
}

ExternalPool::Grant ExternalPool::choose_suggested(Protocol protocol,
                                                   const Endpoint& inside,
                                                   std::uint16_t suggested,
                                                   const Behaviour& behaviour,
                                                   Random& random) {
  Behaviour paired_only = behaviour;
  paired_only.pooling = Pooling::paired;
  Grant grant = choose(protocol, inside, false, paired_only, random);
  if (grant.refusal != Refusal::none || !grant.holds_port || suggested == 0) return grant;
  const bool of_block = behaviour.ports == PortAssignment::block;
  const PortRange& block = grant.host.block;
  if (of_block && (suggested < block.begin || suggested >= block.end)) return grant;
  if (!ports(*number_of(grant.external.address), protocol).is_taken(suggested))
    grant.external.port = suggested;
  return grant;
}

/// From the one that its number suggests on, the next that is nobody's.
void ExternalPool::choose_own(const Endpoint& inside,
                              const Behaviour& behaviour,
                              Grant& grant) const {
  const std::uint32_t count = behaviour.external_addresses;
  std::uint32_t& number = grant.host.number;
  const std::uint32_t start = paired_number(inside.address, behaviour);
  for (std::uint32_t i = 0; i < count && number == Host::none; ++i) {
    const std::uint32_t tried = (start + i) % count;
    if (tried >= own_.size() || own_[tried].is_unspecified()) number = tried;
  }
  grant.holds_port = false;
  if (number == Host::none)
    grant.refusal = Refusal::ports_exhausted;
  else
    grant.external = {.address = address(number), .port = inside.port};
}

void ExternalPool::choose_shared(Protocol protocol,
                                 const Endpoint& inside,
                                 const Behaviour& behaviour,
                                 Random& random,
                                 Grant& grant) {
  const bool paired = behaviour.pooling == Pooling::paired || behaviour.external_addresses == 1;
  const std::uint32_t count = behaviour.external_addresses;
  const std::uint32_t start =
      paired ? paired_number(inside.address, behaviour) : random.below(count);
  for (std::uint32_t i = 0; i < (paired ? 1 : count); ++i) {
    const std::uint32_t number = (start + i) % count;
    const auto port = ports(number, protocol).choose(behaviour.ports, inside.port, random);
    if (!port) continue;
    grant.external = {.address = address(number), .port = *port};
    return;
  }
  grant.refusal = Refusal::ports_exhausted;
}

void ExternalPool::choose_of_block(Protocol protocol,
                                   const Endpoint& inside,
                                   const Behaviour& behaviour,
                                   Random& random,
                                   Grant& grant) {
  Host& host = grant.host;
  std::optional<std::uint16_t> port;
  if (host.block_at != Host::none || give_block(inside.address, behaviour, host))
    port = ports(host.block_at, protocol).choose_in(host.block, random);
  if (port)
    grant.external = {.address = address(host.block_at), .port = *port};
  else
    grant.refusal = Refusal::ports_exhausted;
}

/// By the inside address, as RFC 7422 section 2 works it out, so that it comes back the same; the
/// next free one when two addresses suggest one block.
bool ExternalPool::give_block(const Address& inside, const Behaviour& behaviour, Host& host) const {
  const std::uint32_t size = behaviour.port_block_size;
  const std::uint32_t count = (ordinary_ports.end - ordinary_ports.begin) / size;
  const std::uint32_t start = tail(inside) / behaviour.external_addresses % count;
  const std::uint32_t number = paired_number(inside, behaviour);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t begin = ordinary_ports.begin + (start + i) % count * size;
    const PortRange block{begin, begin + size};
    if (blocks_.contains(block_key(number, block))) continue;
    host.block_at = number;
    host.block = block;
    return true;
  }
  return false;
}

void ExternalPool::take(const Grant& grant, Protocol protocol, const Address& inside, Index owner) {
  const Host& host = grant.host;
  if (host.block_at != Host::none) blocks_.insert(block_key(host.block_at, host.block));
  if (host.number != Host::none) {
    if (own_.size() <= host.number) own_.resize(host.number + std::size_t{1});
    own_[host.number] = inside;
  }
  if (grant.holds_port)
    ports(*number_of(grant.external.address), protocol).take(grant.external.port, owner);
  hosts_[inside] = host;
}

void ExternalPool::release(Protocol protocol,
                           const Address& inside,
                           const Endpoint& external,
                           bool holds_port,
                           Index owner) {
  if (holds_port) ports(*number_of(external.address), protocol).release(external.port, owner);
  const auto found = hosts_.find(inside);
  Host& host = found.value();
  if (--host.mappings > 0) return;
  if (host.block_at != Host::none) blocks_.erase(block_key(host.block_at, host.block));
  if (host.number != Host::none) own_[host.number] = {};
  hosts_.erase(found);
}

void ExternalPool::clear() {
  for (Ports& address : ports_)
    for (PortSpace& space : address)
      space.clear();
  own_.clear();
  hosts_.clear();
  blocks_.clear();
}

} // namespace hermesh::nat
