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
    : external_(external), by_inside_(slab_, salt) {}

Index MappingStore::owner(Protocol protocol, const Endpoint& external) const {
  if (external.address != external_) return no_index;
  return ports_[static_cast<std::size_t>(protocol)].owner(external.port);
}

Index MappingStore::open(const FlowKey& key, PortAssignment how, Random& random) {
  const auto port = ports(key.protocol).choose(how, key.local.port, random);
  if (!port) return no_index;
  const Index mapping = slab_.put({.protocol = key.protocol,
                                   .inside = key.local,
                                   .serves = key.remote,
                                   .external = {.address = external_, .port = *port}});
  ports(key.protocol).take(*port, mapping);
  by_inside_.insert(mapping);
  return mapping;
}

void MappingStore::close(Index mapping) {
  const Mapping& m = slab_[mapping];
  by_inside_.erase(mapping);
  ports(m.protocol).release(m.external.port);
  slab_.take(mapping);
}

void MappingStore::clear() {
  by_inside_.clear();
  for (PortSpace& space : ports_)
    space.clear();
  slab_.clear();
}

} // namespace hermesh::nat
