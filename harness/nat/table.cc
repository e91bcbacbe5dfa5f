// SPDX-License-Identifier: MIT
#include "nat/table.hh"

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
  Index mapping = mappings_.find(served);
  Index session = no_index;
  if (mapping != no_index)
    if (const Way* way =
            sessions_.inbound_way({flow.protocol, mappings_[mapping].external, flow.remote}))
      session = way->session; // another port had been bound to this remote, and ended
  if (session == no_index) {
    if (sessions_.size() >= session_limit_) return {.refusal = Refusal::table_full};
    if (mapping == no_index) mapping = mappings_.open(served, behaviour_.ports, random_);
    if (mapping == no_index) return {.refusal = Refusal::ports_exhausted};
    session = open_session(mapping, flow.remote, at);
  }
  sessions_.bind(session);
  note(session, Direction::outbound, flags, at);
  return {.endpoint = sessions_[session].external};
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
  if (sessions_.size() >= session_limit_) return {.refusal = Refusal::table_full};
  note(open_session(mapping, flow.remote, at), Direction::inbound, flags, at);
  return admitted;
}

bool Table::admits(Index mapping, const Endpoint& remote) const {
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
  const Way* way = sessions_.inbound_way(flow_of(protocol, external, remote));
  if (way == nullptr) return {.refusal = Refusal::no_mapping};
  return {.endpoint = way->translated};
}

Translation
Table::outbound_error(Protocol protocol, const Endpoint& inside, const Endpoint& remote, Time now) {
  catch_up(now);
  FlowKey flow = flow_of(protocol, inside, remote);
  if (const Way* way = sessions_.outbound_way(flow)) return {.endpoint = way->translated};
  // A strict table makes no session for the stranger that it let in.
  flow.remote = as_seen_by(behaviour_.mapping, flow.remote);
  const Index mapping = mappings_.find(flow);
  if (mapping == no_index) return {.refusal = Refusal::no_mapping};
  return {.endpoint = mappings_[mapping].external};
}

bool Table::refreshes(Direction direction) const {
  return direction == Direction::outbound || behaviour_.flows == FlowRule::reuse;
}

/// A packet of the session has passed. An RST does not count as activity (RFC 7857 section 2.2).
void Table::note(Index index, Direction direction, TcpFlags flags, Time at) {
  Session& session = sessions_.caught_up(index);
  const bool reset = session.protocol == Protocol::tcp && (flags & tcp::rst) != 0;
  if (refreshes(direction) && !reset) session.last = at;
  if (direction == Direction::outbound && !session.progress.contacted)
    sessions_.note_contact(index);
  if (direction == Direction::inbound && !session.progress.bound &&
      behaviour_.flows == FlowRule::reuse)
    sessions_.bind(index);
  const Time before = deadline(session);
  session.progress = after(session.progress, session.protocol, direction, flags);
  if (const Time due = deadline(session); due < before) wheel_.schedule(index, due);
  sessions_.settle(index, behaviour_.flows);
}

Time Table::deadline(const Session& session) const {
  return session.last + timer_of(behaviour_.timers, session.protocol, session.progress);
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
  wheel_.schedule(session, deadline(sessions_[session]));
  return session;
}

void Table::close_session(Index session) {
  const Index mapping = sessions_[session].mapping;
  wheel_.remove(session);
  sessions_.close(session);
  if (--mappings_[mapping].sessions == 0) mappings_.close(mapping);
}

/// The caller's time in the table's own, with all that has ended by then gone.
Time Table::catch_up(Time now) {
  const Time at = now + skew_;
  if (!wheel_.is_at(at)) wheel_.advance(at, [this](Index session) { drop_ended(session); });
  return at;
}

void Table::drop_ended(Index session) {
  const Time due = deadline(sessions_.caught_up(session));
  if (wheel_.has_passed(due))
    close_session(session);
  else
    wheel_.schedule(session, due);
}

void Table::clear() {
  mappings_.clear();
  sessions_.clear();
  wheel_.clear();
}

void Table::set_behaviour(const Behaviour& behaviour) {
  behaviour_ = behaviour;
  sessions_.settle_all(behaviour.flows);
  wheel_.reschedule([this](Index session) { return deadline(sessions_.caught_up(session)); });
}

void Table::age(Duration by) {
  skew_ += by;
}

void Table::expire(Time now) {
  catch_up(now);
}

std::optional<Time> Table::next_expiry() const {
  const auto next = wheel_.next();
  if (!next) return std::nullopt;
  return *next - skew_;
}

} // namespace hermesh::nat
