// SPDX-License-Identifier: MIT
#include "nat/mappings.hh"

namespace hermesh::nat {

Endpoint as_seen_by(Dependence rule, const Endpoint& remote) {
  switch (rule) {
  case Dependence::endpoint_independent: return {};
  case Dependence::address_dependent: return {.address = remote.address};
  case Dependence::address_and_port_dependent: return remote;
  }
  return remote;
}

MappingStore::MappingStore(const Address& external, std::uint64_t salt)
    : pool_(external, salt), by_inside_(slab_, salt) {}

Index MappingStore::owner(Protocol protocol, const Endpoint& external) const {
  if (const Index holder = pool_.owner(protocol, external); holder != no_index) return holder;
  // What holds no port is endpoint-independent and has the inside port, often the address too.
  Endpoint inside{.address = pool_.host_of(external.address), .port = external.port};
  if (inside.address.is_unspecified()) inside.address = external.address;
  const Index mapping = find({.protocol = protocol, .local = inside});
  return mapping != no_index && same(slab_[mapping].external, external) ? mapping : no_index;
}

MappingStore::Opened MappingStore::open(
    const FlowKey& key, bool may_share, const Behaviour& behaviour, Time at, Random& random) {
  const auto grant = pool_.choose(key.protocol, key.local, may_share, behaviour, random);
  if (grant.refusal != Refusal::none) return {.refusal = grant.refusal};
  if (const Index older = find(key); older != no_index) by_inside_.erase(older);
  const Index mapping = slab_.put({.made = at,
                                   .protocol = key.protocol,
                                   .holds_port = grant.holds_port,
                                   .inside = key.local,
                                   .serves = key.remote,
                                   .external = grant.external});
  pool_.take(grant, key.protocol, key.local.address, mapping);
  by_inside_.insert(mapping);
  return {.mapping = mapping};
}

void MappingStore::close(Index mapping) {
  const Mapping& m = slab_[mapping];
  by_inside_.erase(mapping);
  pool_.release(m.protocol, m.inside.address, m.external, m.holds_port, mapping);
  slab_.take(mapping);
}

void MappingStore::clear() {
  by_inside_.clear();
  pool_.clear();
  slab_.clear();
}

} // namespace hermesh::nat
