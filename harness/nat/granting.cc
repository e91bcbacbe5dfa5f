// SPDX-License-Identifier: MIT
//
// Table: external endpoints that inside hosts asked for.
#include "nat/table.hh"

namespace hermesh::nat {

/// What `flow` leaves from because its inside endpoint has a lease.
Index Table::leased_mapping(const FlowKey& flow) const {
  if (leases_.is_empty() || !behaviour_.port_mapping.outbound) return no_index;
  const Lease* lease = leases_.find(flow.protocol, flow.local);
  return lease == nullptr ? no_index : lease->mapping;
}

/// The mapping that the endpoint has already, if remotes will go on to see it: an
/// endpoint-independent one that nobody shares.
Index Table::mapping_to_lease(const LeaseRequest& request) const {
  if (behaviour_.mapping != Dependence::endpoint_independent || !behaviour_.port_mapping.outbound)
    return no_index;
  const Index mapping = mappings_.find({.protocol = request.protocol, .local = request.inside});
  return mapping == no_index || mappings_.is_shared(mapping) ? no_index : mapping;
}

Translation Table::lease(const LeaseRequest& request, Time now) {
  const Time at = catch_up(now);
  Lease lease{.protocol = request.protocol,
              .inside = request.inside,
              .expires = at + request.lifetime,
              .nonce = request.nonce};
  const Lease* known = leases_.find(request.protocol, request.inside);
  if (known == nullptr && leases_.is_full()) return {.refusal = Refusal::table_full};
  lease.mapping = known != nullptr ? known->mapping : mapping_to_lease(request);
  const Endpoint suggested{.address = request.suggested_address, .port = request.suggested_port};
  if (lease.mapping == no_index) {
    if (filled_) return {.refusal = Refusal::table_full};
    const auto opened = mappings_.open_leased(
        request.protocol, request.inside, suggested, request.exactly, behaviour_, random_);
    if (opened.refusal != Refusal::none) return {.refusal = opened.refusal};
    lease.mapping = opened.mapping;
  }
  Mapping& mapping = mappings_[lease.mapping];
  if (request.exactly && !meets(mapping.external, suggested))
    return {.refusal = Refusal::ports_exhausted};
  mapping.leased = true;
  lease.external = mapping.external;
  leases_.put(lease);
  return {.endpoint = lease.external};
}

const Lease* Table::find_lease(Protocol protocol, const Endpoint& inside, Time now) {
  catch_up(now);
  return leases_.find(protocol, inside);
}

std::vector<Lease>
Table::leases_of(const Address& inside, std::optional<Protocol> protocol, Time now) {
  catch_up(now);
  return leases_.of(inside, protocol);
}

void Table::end_lease(Protocol protocol, const Endpoint& inside, Time now) {
  const Time at = catch_up(now);
  if (const Lease* lease = leases_.find(protocol, inside)) drop_lease(*lease, at);
}

void Table::end_leases(Time now) {
  const Time at = catch_up(now);
  for (const Lease& lease : leases_.all())
    drop_lease(lease, at);
}

/// From then on its mapping's age counts, and strangers are asked for.
void Table::drop_lease(const Lease& lease, Time at) {
  const Index index = lease.mapping;
  leases_.take(lease.protocol, Endpoint{lease.inside});
  Mapping& mapping = mappings_[index];
  mapping.leased = false;
  mapping.made = at;
  if (mapping.sessions == 0) mappings_.close(index);
}

} // namespace hermesh::nat
