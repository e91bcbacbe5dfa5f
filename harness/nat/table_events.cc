// SPDX-License-Identifier: MIT
//
// Table: what becomes of its state when something happens to the gateway.
#include "nat/table.hh"

#include <vector>

namespace hermesh::nat {

void Table::clear() {
  mappings_.clear();
  mappings_.forget_former();
  sessions_.clear();
  leases_.clear();
  wheel_.clear();
  skew_ = {};
}

void Table::reboot() {
  sessions_.each([this](Index session) { avoid(sessions_[session]); });
  for (const Lease& lease : leases_.all())
    avoid(lease);
  mappings_.clear();
  sessions_.clear();
  leases_.clear();
  wheel_.clear();
  skew_ = {};
}

std::size_t Table::forget(const Address& inside, std::optional<std::uint16_t> port, Time now) {
  const Time at = catch_up(now);
  const std::size_t before = mappings_.size();
  const auto is_meant = [&](const Endpoint& local) {
    return local.address == inside && (!port || local.port == *port);
  };
  for (const Lease& lease : leases_.of(inside, {})) {
    if (!is_meant(lease.inside)) continue;
    avoid(lease);
    drop_lease(lease, at);
  }
  std::vector<Index> gone;
  sessions_.each([&](Index session) {
    if (is_meant(sessions_[session].inside)) gone.push_back(session);
  });
  for (const Index session : gone) {
    avoid(sessions_[session]);
    close_session(session);
  }
  return before - mappings_.size();
}

/// By what `outbound` will look for.
void Table::avoid(const Session& session) {
  mappings_.avoid(session.mapping, as_seen_by(behaviour_.mapping, session.remote));
}

/// Of a lease without a session no remote has seen anything, unless all see the same.
void Table::avoid(const Lease& lease) {
  if (behaviour_.mapping == Dependence::endpoint_independent) mappings_.avoid(lease.mapping, {});
}

void Table::move_to(const Address& external) {
  clear();
  external_ = external;
  mappings_.move_to(external);
}

void Table::set_behaviour(const Behaviour& behaviour) {
  // One-to-one mappings hold no port: address translation that came after would give it again.
  if (behaviour.translating != behaviour_.translating) clear();
  behaviour_ = behaviour;
  sessions_.settle_all(behaviour.flows);
  sessions_.each([this](Index index) {
    const Session& session = sessions_.caught_up(index);
    watch(index, deadline(session), session.last);
  });
}

} // namespace hermesh::nat
