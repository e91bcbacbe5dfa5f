// SPDX-License-Identifier: MIT
#include "nat/leases.hh"

namespace hermesh::nat {

const Lease* LeaseStore::find(Protocol protocol, const Endpoint& inside) const {
  const auto found = leases_.find({inside, protocol});
  return found == leases_.end() ? nullptr : &found->second;
}

void LeaseStore::put(const Lease& lease) {
  take(lease.protocol, lease.inside);
  const Key key{lease.inside, lease.protocol};
  leases_[key] = lease;
  ends_.insert({lease.expires, key});
}

void LeaseStore::take(Protocol protocol, const Endpoint& inside) {
  const auto found = leases_.find({inside, protocol});
  if (found == leases_.end()) return;
  ends_.erase({found->second.expires, found->first});
  leases_.erase(found);
}

void LeaseStore::clear() {
  leases_.clear();
  ends_.clear();
}

std::vector<Lease> LeaseStore::of(const Address& inside, std::optional<Protocol> protocol) const {
  std::vector<Lease> found;
  const Key first{{.address = inside}, Protocol::udp};
  for (auto i = leases_.lower_bound(first); i != leases_.end(); ++i) {
    if (i->second.inside.address != inside) break;
    if (!protocol || i->second.protocol == *protocol) found.push_back(i->second);
  }
  return found;
}

std::vector<Lease> LeaseStore::all() const {
  std::vector<Lease> found;
  for (const auto& [key, lease] : leases_)
    found.push_back(lease);
  return found;
}

} // namespace hermesh::nat
