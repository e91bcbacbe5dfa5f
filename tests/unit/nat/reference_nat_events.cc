// SPDX-License-Identifier: MIT
//
// ReferenceNat: leases, and what events take away.
#include "reference_nat.hh"

#include <algorithm>

namespace hermesh::nat {

ReferenceNat::Wrong
ReferenceNat::lease(const Table::LeaseRequest& request, Time now, const Translation& given) {
  const auto wrong = [&](const std::string& why) {
    return "leased " + (given ? to_string(given.endpoint) : to_string(given.refusal)) + ": " + why;
  };
  end_what_is_over(now);
  const Protocol protocol = request.protocol;
  Lease* known = lease_of(protocol, request.inside);
  Mapping* mapping = known != nullptr ? known->mapping : to_be_leased(protocol, request.inside);
  if (mapping == nullptr) {
    const Refusal refusal = filled_ ? Refusal::table_full : this->refusal(protocol, request.inside);
    if (refusal != Refusal::none)
      return given.refusal == refusal ? "" : wrong("wanted " + to_string(refusal));
    auto why = judge_lease(request, given);
    std::erase_if(last_ports_, [&](const auto& last) { // a sequence went on, perhaps unseen
      return last.first.second == protocol;
    });
    if (!why.empty()) return wrong(why);
    if (!given) return "";
    mappings_.push_back({protocol, request.inside, {}, given.endpoint, now, false});
    mapping = &mappings_.back();
  } else if (request.exactly && (mapping->external.port != request.suggested_port ||
                                 (request.suggested_address != Address{} &&
                                  mapping->external.address != request.suggested_address))) {
    return given.refusal == Refusal::ports_exhausted ? "" : wrong("wanted that or none");
  }
  if (given.endpoint != mapping->external || !given)
    return wrong("wanted " + to_string(mapping->external));
  leases_.remove_if([&](const Lease& lease) { return &lease == known; });
  leases_.push_back({protocol, request.inside, now + request.lifetime, mapping});
  mapping->leased = true;
  return "";
}

/// Of a mapping of its own.
ReferenceNat::Wrong ReferenceNat::judge_lease(const Table::LeaseRequest& request,
                                              const Translation& given) {
  const Endpoint suggested{.address = request.suggested_address, .port = request.suggested_port};
  const auto pair = pairs_.find(request.inside.address);
  if (!given) {
    if (!request.exactly || given.refusal != Refusal::ports_exhausted) return "there was room";
    const auto block = block_of(request.inside.address);
    const bool is_known =
        pair != pairs_.end() && (b_.ports != PortAssignment::block || block.has_value());
    return is_known && may_have(request, pair->second, block.value_or(0)) ? "it was to be had" : "";
  }
  const Endpoint& external = given.endpoint;
  if (auto why = judge_address(request.inside, external); !why.empty()) return why;
  if (!pairs_.emplace(request.inside.address, external.address).second &&
      pairs_[request.inside.address] != external.address)
    return "not the host's address";
  const auto block = static_cast<std::uint32_t>((external.port - 1024) / b_.port_block_size);
  if (const auto own = block_of(request.inside.address);
      b_.ports == PortAssignment::block && own && *own != block)
    return "another block";
  if (external.port == suggested.port) {
    if (taken(request.protocol, external)) return "taken";
    return may_have(request, external.address, block) ? "" : "wanted another address";
  }
  if (request.exactly) return "wanted that or none";
  if (may_have(request, external.address, block)) return "the suggested one was free";
  return judge_free(request.protocol, request.inside, external, {});
}

/// Is the suggested port free on the host's address, and in the host's block?
bool ReferenceNat::may_have(const Table::LeaseRequest& request,
                            const Address& address,
                            std::uint32_t block) {
  const std::uint16_t port = request.suggested_port;
  if (port == 0) return false;
  if (request.exactly && request.suggested_address != Address{} &&
      request.suggested_address != address)
    return false;
  if (b_.ports == PortAssignment::block &&
      (port < 1024 || (port - 1024U) / b_.port_block_size != block))
    return false;
  return !taken(request.protocol, {.address = address, .port = port});
}

ReferenceNat::Lease* ReferenceNat::lease_of(Protocol protocol, const Endpoint& inside) {
  const auto found = std::ranges::find_if(leases_, [&](const Lease& lease) {
    return lease.protocol == protocol && lease.inside == inside;
  });
  return found == leases_.end() ? nullptr : &*found;
}

/// By which mapping something leaves that no session is there for.
ReferenceNat::Mapping*
ReferenceNat::way_out(Protocol protocol, const Endpoint& inside, const Endpoint& remote) {
  const Lease* lease = lease_of(protocol, inside);
  if (lease != nullptr && b_.port_mapping.outbound) return lease->mapping;
  return newest(protocol, inside, remote);
}

/// What the endpoint has already, where all remotes will go on to see it.
ReferenceNat::Mapping* ReferenceNat::to_be_leased(Protocol protocol, const Endpoint& inside) {
  if (b_.mapping != Dependence::endpoint_independent || !b_.port_mapping.outbound) return nullptr;
  Mapping* own = newest(protocol, inside, {});
  if (own == nullptr) return nullptr;
  const auto holders = std::ranges::count_if(mappings_, [&](const Mapping& other) {
    return other.protocol == protocol && other.external == own->external;
  });
  return holders == 1 ? own : nullptr;
}

void ReferenceNat::end(const Lease& lease, Time at) {
  lease.mapping->leased = false;
  lease.mapping->made = at;
}

void ReferenceNat::end_lease(Protocol protocol, const Endpoint& inside, Time now) {
  end_what_is_over(now);
  const Lease* lease = lease_of(protocol, inside);
  if (lease == nullptr) return;
  end(*lease, now);
  leases_.remove_if([&](const Lease& other) { return &other == lease; });
}

void ReferenceNat::end_leases(Time now) {
  end_what_is_over(now);
  for (const Lease& lease : leases_)
    end(lease, now);
  leases_.clear();
}

/// Whoever it served may not see it again.
void ReferenceNat::remember(const Mapping& mapping) {
  if (b_.translating != Translating::napt) return;
  const auto next = [&](const Endpoint& remote) {
    former_[{mapping.protocol, mapping.inside, served(remote)}].insert(mapping.external);
  };
  for (const Session& session : mapping.sessions)
    next(session.remote);
  if (mapping.leased && b_.mapping == Dependence::endpoint_independent) next({});
}

void ReferenceNat::reboot(Time now) {
  end_what_is_over(now);
  for (const Mapping& mapping : mappings_)
    remember(mapping);
  mappings_.clear();
  leases_.clear();
  last_ports_.clear();
}

ReferenceNat::Wrong ReferenceNat::forget(const Address& inside,
                                         std::optional<std::uint16_t> port,
                                         Time now,
                                         std::size_t given) {
  end_what_is_over(now);
  const auto is_meant = [&](const auto& of) {
    return of.inside.address == inside && (!port || of.inside.port == *port);
  };
  for (const Mapping& mapping : mappings_)
    if (is_meant(mapping)) remember(mapping);
  leases_.remove_if(is_meant);
  const std::size_t gone = mappings_.remove_if(is_meant);
  return gone == given ? ""
                       : "forgot " + std::to_string(given) + ", wanted " + std::to_string(gone);
}

bool ReferenceNat::knows(const Mapping& mapping, const Endpoint& remote) {
  return std::ranges::find(mapping.sessions, remote, &Session::remote) != mapping.sessions.end();
}

bool ReferenceNat::admits(const Mapping& mapping, const Endpoint& remote) const {
  if (mapping.leased || b_.filtering == Dependence::endpoint_independent) return true;
  return b_.filtering == Dependence::address_dependent &&
         std::ranges::any_of(mapping.sessions, [&](const Session& session) {
           return session.spoken && session.remote.address == remote.address;
         });
}

} // namespace hermesh::nat
