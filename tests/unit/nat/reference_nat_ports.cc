// SPDX-License-Identifier: MIT
//
// ReferenceNat: which external endpoints a new mapping may get.
#include "reference_nat.hh"

#include <algorithm>
#include <set>

namespace hermesh::nat {

Refusal ReferenceNat::refusal(Protocol protocol, const Endpoint& inside) const {
  std::size_t of_host = 0;
  std::set<Address> others; // external addresses that other hosts have
  std::set<Address> hosts;  // those
  std::set<std::uint16_t> ports;
  for (const Mapping& mapping : mappings_) {
    if (mapping.inside.address != inside.address) {
      others.insert(mapping.external.address);
      hosts.insert(mapping.inside.address);
      continue;
    }
    ++of_host;
    if (mapping.protocol == protocol) ports.insert(mapping.external.port);
  }
  if (b_.per_host_limit != 0 && of_host >= b_.per_host_limit) return Refusal::host_limit;
  const bool no_address = b_.translating == Translating::one_to_one && of_host == 0 &&
                          others.size() >= b_.external_addresses;
  const bool no_port = b_.ports == PortAssignment::block && ports.size() >= b_.port_block_size;
  const bool no_block = b_.ports == PortAssignment::block && of_host == 0 &&
                        b_.external_addresses == 1 && hosts.size() >= 64512U / b_.port_block_size;
  return no_address || no_port || no_block ? Refusal::ports_exhausted : Refusal::none;
}

ReferenceNat::Wrong ReferenceNat::judge(Protocol protocol,
                                        const Endpoint& inside,
                                        const Endpoint& remote,
                                        const Endpoint& external) {
  const auto wrong = [&](const std::string& why) {
    return "mapped " + to_string(inside) + " to " + to_string(external) + ": " + why;
  };
  if (b_.translating == Translating::none)
    return external == inside ? "" : wrong("a firewall translates nothing");
  if (auto why = judge_address(inside, external); !why.empty()) return wrong(why);
  if (b_.pooling == Pooling::paired && b_.translating == Translating::napt)
    if (const auto [pair, is_new] = pairs_.emplace(inside.address, external.address); !is_new)
      if (pair->second != external.address) return wrong("not the host's address");
  if (b_.translating == Translating::one_to_one)
    return external.port == inside.port ? "" : wrong("the port never changes");
  const auto why = judge_port(protocol, inside, remote, external);
  return why.empty() ? "" : wrong(why);
}

ReferenceNat::Wrong ReferenceNat::judge_address(const Endpoint& inside,
                                                const Endpoint& external) const {
  if (number(external.address) >= b_.external_addresses) return "not an address of the gateway";
  if (b_.translating != Translating::one_to_one) return "";
  for (const Mapping& mapping : mappings_) {
    const bool same_host = mapping.inside.address == inside.address;
    const bool same_address = mapping.external.address == external.address;
    if (same_host != same_address) return "one host, one address, and its alone";
  }
  return "";
}

ReferenceNat::Wrong ReferenceNat::judge_port(Protocol protocol,
                                             const Endpoint& inside,
                                             const Endpoint& remote,
                                             const Endpoint& external) {
  const Endpoint same_port{.address = external.address, .port = inside.port};
  const auto former = former_.find({protocol, inside, served(remote)});
  if (former != former_.end()) return judge_free(protocol, inside, external, former->second);
  const Mapping* owner = holder(protocol, same_port);
  const bool may_share = b_.overload_ports && (owner == nullptr || !owner->leased);
  if (may_share && session(protocol, same_port, remote).second == nullptr)
    return external == same_port ? "" : "the whole tuple with the inside port was free";
  return judge_free(protocol, inside, external, {});
}

/// Not to be shared, and none of `former`.
ReferenceNat::Wrong ReferenceNat::judge_free(Protocol protocol,
                                             const Endpoint& inside,
                                             const Endpoint& external,
                                             const std::set<Endpoint>& former) {
  if (taken(protocol, external)) return "taken";
  if (former.contains(external)) return judge_former(protocol, external, former);
  const auto is_passed_over = [&](const Endpoint& one) {
    return taken(protocol, one) || former.contains(one);
  };
  const Endpoint same_port{.address = external.address, .port = inside.port};
  const bool kept = external == same_port;
  switch (b_.ports) {
  case PortAssignment::preserve_then_random:
  case PortAssignment::preserve:
    if (!is_passed_over(same_port)) return kept ? "" : "the inside port was free";
    if (b_.ports == PortAssignment::preserve) {
      if (external.port % 2 != inside.port % 2) return "another parity";
      return (external.port < 1024) == (inside.port < 1024) ? "" : "another range";
    }
    [[fallthrough]];
  case PortAssignment::random: return external.port >= 1024 ? "" : "a well-known port";
  case PortAssignment::sequential_up:
  case PortAssignment::sequential_down: {
    const auto [last, is_first] =
        last_ports_.emplace(std::pair{external.address, protocol}, external.port);
    if (is_first) return external.port >= 1024 ? "" : "a well-known port";
    Endpoint next{.address = external.address, .port = last->second};
    do {
      if (b_.ports == PortAssignment::sequential_up)
        next.port = next.port == 65535 ? 1024 : static_cast<std::uint16_t>(next.port + 1);
      else
        next.port = next.port == 1024 ? 65535 : static_cast<std::uint16_t>(next.port - 1);
    } while (is_passed_over(next));
    last->second = external.port;
    return external.port == next.port ? "" : "wanted port " + std::to_string(next.port);
  }
  case PortAssignment::block: {
    if (external.port < 1024) return "a well-known port";
    const std::uint32_t block = (external.port - 1024U) / b_.port_block_size;
    if (const auto own = block_of(inside.address); own && *own != block) return "another block";
    for (const Mapping& mapping : mappings_)
      if (mapping.inside.address != inside.address &&
          mapping.external.address == external.address && block_of(mapping.inside.address) == block)
        return "the block of " + to_string(mapping.inside.address);
    return "";
  }
  }
  return "no such assignment";
}

/// What was had before an event is given again only where nothing else is left, as in a small
/// block.
ReferenceNat::Wrong ReferenceNat::judge_former(Protocol protocol,
                                               const Endpoint& external,
                                               const std::set<Endpoint>& former) const {
  constexpr std::uint16_t small = 8;
  if (b_.ports != PortAssignment::block || b_.port_block_size > small) return "the former one";
  const int begin = external.port - (external.port - 1024) % b_.port_block_size;
  for (int port = begin; port < begin + b_.port_block_size; ++port) {
    const Endpoint other{.address = external.address, .port = static_cast<std::uint16_t>(port)};
    if (!taken(protocol, other) && !former.contains(other)) return "the former one";
  }
  return "";
}

bool ReferenceNat::taken(Protocol protocol, const Endpoint& external) const {
  return std::ranges::any_of(mappings_, [&](const Mapping& mapping) {
    return mapping.protocol == protocol && mapping.external == external;
  });
}

std::optional<std::uint32_t> ReferenceNat::block_of(const Address& inside) const {
  for (const Mapping& mapping : mappings_)
    if (mapping.inside.address == inside)
      return (mapping.external.port - 1024U) / b_.port_block_size;
  return std::nullopt;
}

std::uint32_t ReferenceNat::number(const Address& external) const {
  return external.v4_value() - first_.v4_value();
}

} // namespace hermesh::nat
