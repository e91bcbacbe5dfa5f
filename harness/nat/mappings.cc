// SPDX-License-Identifier: MIT
#include "nat/mappings.hh"

#include <algorithm>

namespace hermesh::nat {

Endpoint as_seen_by(Dependence rule, const Endpoint& remote) {
  switch (rule) {
  case Dependence::endpoint_independent: return {};
  case Dependence::address_dependent: return {.address = remote.address};
  case Dependence::address_and_port_dependent: return remote;
  }
  return remote;
}

bool meets(const Endpoint& external, const Endpoint& suggested) {
  return external.port == suggested.port &&
         (suggested.address.is_unspecified() || external.address == suggested.address);
}

MappingStore::MappingStore(const Address& external, std::uint64_t salt)
    : pool_(external, salt), former_(0, FormerHash{salt}), by_inside_(slab_, salt) {}

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
  const auto former = former_.find(key);
  const bool changes = former != former_.end();
  const auto grant =
      changes ? pool_.choose_other(former->second, key.protocol, key.local, behaviour, random)
              : pool_.choose(key.protocol, key.local, may_share, behaviour, random);
  if (grant.refusal != Refusal::none) return {.refusal = grant.refusal};
  if (changes) former_.erase(former);
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

MappingStore::Opened MappingStore::open_leased(Protocol protocol,
                                               const Endpoint& inside,
                                               const Endpoint& suggested,
                                               bool exactly,
                                               const Behaviour& behaviour,
                                               Random& random) {
  const auto grant = pool_.choose_suggested(protocol, inside, suggested.port, behaviour, random);
  if (grant.refusal != Refusal::none) return {.refusal = grant.refusal};
  if (exactly && !meets(grant.external, suggested)) return {.refusal = Refusal::ports_exhausted};
  const Index mapping = slab_.put({.protocol = protocol,
                                   .holds_port = grant.holds_port,
                                   .leased = true,
                                   .inside = inside,
                                   .external = grant.external});
  pool_.take(grant, protocol, inside.address, mapping);
  return {.mapping = mapping};
}

void MappingStore::close(Index mapping) {
  const Mapping& m = slab_[mapping];
  by_inside_.erase(mapping);
  pool_.release(m.protocol, m.inside.address, m.external, m.holds_port, mapping);
  slab_.take(mapping);
}

void MappingStore::avoid(Index mapping, const Endpoint& served) {
  const Mapping& m = slab_[mapping];
  if (!m.holds_port) return;
  auto& former = former_[{m.protocol, m.inside, served}];
  if (std::ranges::find(former, m.external) == former.end()) former.push_back(m.external);
}

void MappingStore::clear() {
  by_inside_.clear();
  pool_.clear();
  slab_.clear();
}

} // namespace hermesh::nat
