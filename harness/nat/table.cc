// SPDX-License-Identifier: MIT
#include "nat/table.hh"

#include <algorithm>

namespace hermesh::nat {
namespace {

FlowKey flow_of(Protocol protocol, const Endpoint& local, const Endpoint& remote) {
  FlowKey key{.protocol = protocol, .local = local, .remote = remote};
  if (protocol == Protocol::icmp) key.remote.port = 0;
  return key;
}

/// Neither opens nor closes a TCP connection.
bool is_plain(Protocol protocol, TcpFlags flags) {
  return protocol != Protocol::tcp || (flags & (tcp::syn | tcp::fin | tcp::rst)) == 0;
}

} // namespace

Table::Table(const Behaviour& behaviour,
             const Address& external,
             std::uint64_t seed,
             std::size_t session_limit)
    : behaviour_(behaviour), external_(external), session_limit_(session_limit),
      random_(derive_seed(seed, "nat ports")),
      mappings_(external, derive_seed(seed, "nat mappings")),
      sessions_(derive_seed(seed, "nat sessions")) {}

Translation Table::outbound(
    Protocol protocol, const Endpoint& inside, const Endpoint& remote, Time now, TcpFlags flags) {
  const Time at = catch_up(now);
  const FlowKey flow = flow_of(protocol, inside, remote);
  Way* way = sessions_.outbound_way(flow);
  if (way == nullptr) return outbound_anew(flow, at, flags);
  const Translation translation{.endpoint = way->translated};
  if (way->settled && is_plain(protocol, flags))
    way->last = at;
  else
    note(way->session, Direction::outbound, flags, at);
  return translation;
}

Translation Table::outbound_anew(const FlowKey& flow, Time at, TcpFlags flags) {
  const FlowKey served{.protocol = flow.protocol,
                       .local = flow.local,
                       .remote = as_seen_by(behaviour_.mapping, flow.remote)};
  Index mapping = leased_mapping(flow);
  if (mapping == no_index) mapping = mappings_.find(served);
  Index session = no_index;
  if (mapping != no_index) {
    const Way* way =
        sessions_.inbound_way({flow.protocol, mappings_[mapping].external, flow.remote});
    if (way != nullptr && sessions_[way->session].mapping == mapping)
      session = way->session; // another port had been bound to this remote, and ended
    else if (way != nullptr)
      mapping = no_index; // the port is shared, and another host's towards this remote
  }
  if (session == no_index) {
    if (!has_room()) return {.refusal = Refusal::table_full};
    if (mapping == no_index) {
      const auto opened = mappings_.open(served, may_share_port(flow), behaviour_, at, random_);
      if (opened.refusal != Refusal::none) return {.refusal = opened.refusal};
      mapping = opened.mapping;
    }
    session = open_session(mapping, flow.remote, at);
  }
  sessions_.bind(session);
  note(session, Direction::outbound, flags, at);
  return {.endpoint = sessions_[session].external};
}

/// Is the whole tuple free, whoever else has the port?
bool Table::may_share_port(const FlowKey& flow) {
  if (!behaviour_.overload_ports || flow.local.port == 0) return false;
  const Endpoint external{.address = mappings_.paired(flow.local.address, behaviour_),
                          .port = flow.local.port};
  const Index owner = mappings_.owner(flow.protocol, external);
  if (owner != no_index && mappings_[owner].leased) return false; // it is one host's alone
  return sessions_.inbound_way({flow.protocol, external, flow.remote}) == nullptr;
}

Translation Table::inbound(
    Protocol protocol, const Endpoint& remote, const Endpoint& external, Time now, TcpFlags flags) {
  const Time at = catch_up(now);
  const FlowKey flow = flow_of(protocol, external, remote);
  Way* way = sessions_.inbound_way(flow);
  if (way == nullptr) return inbound_anew(flow, at, flags);
  const Translation translation{.endpoint = way->translated};
  if (!way->settled || !is_plain(protocol, flags))
    note(way->session, Direction::inbound, flags, at);
  else if (refreshes(Direction::inbound))
    way->last = at;
  return translation;
}

/// A remote that this mapping has no traffic with: the filter decides (RFC 4787 section 5).
Translation Table::inbound_anew(const FlowKey& flow, Time at, TcpFlags flags) {
  const Index mapping = mappings_.owner(flow.protocol, flow.local);
  if (mapping == no_index) return {.refusal = Refusal::no_mapping};
  if (!admits(mapping, flow.remote)) return {.refusal = Refusal::filtered};

  const Translation admitted{.endpoint = mappings_[mapping].inside};
  const bool reset = flow.protocol == Protocol::tcp && (flags & tcp::rst) != 0;
  if (behaviour_.flows == FlowRule::strict || reset) return admitted;
  if (!has_room()) return {.refusal = Refusal::table_full};
  note(open_session(mapping, flow.remote, at), Direction::inbound, flags, at);
  return admitted;
}

bool Table::admits(Index mapping, const Endpoint& remote) const {
  if (mappings_[mapping].leased) return true;
  switch (behaviour_.filtering) {
  case Dependence::endpoint_independent: return true;
  case Dependence::address_dependent: return sessions_.contacted(mapping, remote.address);
  case Dependence::address_and_port_dependent: return false; // what it admits has a session
  }
  return false;
}

Translation Table::inbound_error(Protocol protocol,
                                 const Endpoint& external,
                                 const Endpoint& remote,
                                 Time now) {
  catch_up(now);
  if (!behaviour_.icmp_errors) return {.refusal = Refusal::filtered};
  const Way* way = sessions_.inbound_way(flow_of(protocol, external, remote));
  if (way == nullptr) return {.refusal = Refusal::no_mapping};
  return {.endpoint = way->translated};
}

Translation
Table::outbound_error(Protocol protocol, const Endpoint& inside, const Endpoint& remote, Time now) {
  catch_up(now);
  if (!behaviour_.icmp_errors) return {.refusal = Refusal::filtered};
  const FlowKey flow = flow_of(protocol, inside, remote);
  if (const Way* way = sessions_.outbound_way(flow)) return {.endpoint = way->translated};
  const Index mapping = way_in(flow);
  if (mapping == no_index) return {.refusal = Refusal::no_mapping};
  return {.endpoint = mappings_[mapping].external};
}

/// By which mapping a remote came that nothing is bound to: a strict table makes no session for the
/// stranger that it lets in.
Index Table::way_in(const FlowKey& flow) {
  if (const Index leased = leased_mapping(flow); leased != no_index) return leased;
  const Index mapping = mappings_.find({.protocol = flow.protocol,
                                        .local = flow.local,
                                        .remote = as_seen_by(behaviour_.mapping, flow.remote)});
  const Lease* lease = leases_.find(flow.protocol, flow.local);
  if (lease == nullptr) return mapping;
  if (mapping == no_index) return lease->mapping;
  const Way* way = sessions_.inbound_way({flow.protocol, mappings_[mapping].external, flow.remote});
  const bool has_session = way != nullptr && sessions_[way->session].mapping == mapping;
  return has_session || admits(mapping, flow.remote) ? mapping : lease->mapping;
}

/// Out to the gateway's external side and back in: both ends see what they would see of a host out
/// there, and the filter decides as for one.
Hairpinned Table::hairpin(
    Protocol protocol, const Endpoint& inside, const Endpoint& external, Time now, TcpFlags flags) {
  if (behaviour_.hairpin == Hairpin::off) return {.refusal = Refusal::filtered};
  catch_up(now);
  if (mappings_.owner(protocol, external) == no_index) return {.refusal = Refusal::no_mapping};
  const Translation source = outbound(protocol, inside, external, now, flags);
  if (!source) return {.refusal = source.refusal};
  const Translation target = inbound(protocol, source.endpoint, external, now, flags);
  if (!target) return {.refusal = target.refusal};
  const bool keeps_source = behaviour_.hairpin == Hairpin::internal_source;
  return {.source = keeps_source ? inside : source.endpoint, .destination = target.endpoint};
}

bool Table::refreshes(Direction direction) const {
  return direction == Direction::outbound || behaviour_.refresh == Refresh::both;
}

/// A packet of the session has passed. An RST does not count as activity (RFC 7857 section 2.2),
/// but for the first: the transitory time begins with it, however long the connection was idle (RFC
/// 6146 section 3.5.2.2).
void Table::note(Index index, Direction direction, TcpFlags flags, Time at) {
  Session& session = sessions_.caught_up(index);
  const bool reset = session.protocol == Protocol::tcp && (flags & tcp::rst) != 0;
  if (reset ? !session.progress.reset : refreshes(direction)) session.last = at;
  if (direction == Direction::outbound && !session.progress.contacted)
    sessions_.note_contact(index);
  if (direction == Direction::inbound && !session.progress.bound &&
      behaviour_.flows == FlowRule::reuse)
    sessions_.bind(index);
  const Time before = deadline(session);
  session.progress = after(session.progress, session.protocol, direction, flags);
  if (const Time due = deadline(session); due < before) watch(index, due, at);
  sessions_.settle(index, behaviour_.flows);
}

Time Table::deadline(const Session& session) const {
  const Time idle = session.last + timer_of(behaviour_.timers, session.protocol, session.progress);
  const Mapping& mapping = mappings_[session.mapping];
  if (behaviour_.absolute_lifetime == Duration{0} || mapping.leased) return idle;
  return std::min(idle, mapping.made + behaviour_.absolute_lifetime);
}

Index Table::open_session(Index mapping, const Endpoint& remote, Time at) {
  Mapping& m = mappings_[mapping];
  ++m.sessions;
  const Index session = sessions_.open({.last = at,
                                        .inside = m.inside,
                                        .external = m.external,
                                        .remote = remote,
                                        .protocol = m.protocol,
                                        .mapping = mapping});
  watch(session, deadline(sessions_[session]), at);
  return session;
}

/// The wheel looks at a session when it is due, as far as is known at `at`: a lease may end at any
/// moment, and the absolute lifetime of its mapping counts from then on.
void Table::watch(Index session, Time due, Time at) {
  const Duration lifetime = behaviour_.absolute_lifetime;
  const bool leased = mappings_[sessions_[session].mapping].leased;
  wheel_.schedule(session, leased && lifetime != Duration{0} ? std::min(due, at + lifetime) : due);
}

void Table::close_session(Index session) {
  const Index mapping = sessions_[session].mapping;
  wheel_.remove(session);
  sessions_.close(session);
  if (--mappings_[mapping].sessions == 0 && !mappings_[mapping].leased) mappings_.close(mapping);
}

/// The caller's time in the table's own, with all that has ended by then gone.
Time Table::catch_up(Time now) {
  const Time at = now + skew_;
  if (wheel_.is_at(at)) return at;
  while (leases_.due() <= at)
    drop_lease(leases_.first(), leases_.due());
  wheel_.advance(at, [this, at](Index session) { drop_ended(session, at); });
  return at;
}

void Table::drop_ended(Index session, Time at) {
  const Time due = deadline(sessions_.caught_up(session));
  if (wheel_.has_passed(due))
    close_session(session);
  else
    watch(session, due, at);
}

bool Table::is_external(const Address& address) const {
  const auto number = mappings_.number_of(address);
  return number && *number < behaviour_.external_addresses;
}

void Table::age(Duration by) {
  skew_ += by;
}

void Table::expire(Time now) {
  catch_up(now);
}

} // namespace hermesh::nat
