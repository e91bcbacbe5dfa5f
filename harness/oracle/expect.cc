// SPDX-License-Identifier: MIT
#include "oracle/oracle.hh"

#include <algorithm>

namespace hermesh::oracle {
namespace {

bool is_public(const Side& side) {
  return side.chain.empty();
}

/// To any port: a peer's, which a gateway gives, is on nobody's list.
bool passes_udp(const Side& side) {
  return std::ranges::all_of(side.chain,
                             [](const auto& layer) { return layer.udp_out.passes_all(); });
}

/// To a server, which for this listens on the port that is let out last.
bool passes_tcp(const Side& side) {
  return std::ranges::all_of(
      side.chain, [](const auto& layer) { return layer.passes(nat::Protocol::tcp, 443); });
}

bool speaks(const Abilities& abilities, const std::string& transport) {
  return std::ranges::find(abilities.transports, transport) != abilities.transports.end();
}

/// Can a side open a connection to a server there, by any transport that the VPN has?
bool reaches(const Side& side, const Side& server, const Abilities& abilities) {
  if (!is_public(server)) return false;
  return (speaks(abilities, "udp") && passes_udp(side)) ||
         (speaks(abilities, "tcp") && passes_tcp(side));
}

struct Question {
  const Side& a;
  const Side& b;
  const std::optional<Side>& relay;
  const Abilities& abilities;

  bool both_pass_udp() const { return passes_udp(a) && passes_udp(b); }
  bool both_reach_relay() const {
    return relay && reaches(a, *relay, abilities) && reaches(b, *relay, abilities);
  }
  bool dials_public_side() const {
    return abilities.uses_known_endpoints && both_pass_udp() && (is_public(a) || is_public(b));
  }
  /// The peers learn of each other from the machine that relays, which both must reach.
  bool punches() const {
    return abilities.punches_udp && both_pass_udp() && both_reach_relay() && direct(a, b);
  }
};

std::string why_punch_works(const Question& q) {
  const bool a_receives = receives(q.a, q.b) && answers(q.a, q.b);
  const Side& receiver = a_receives ? q.a : q.b;
  const std::string who = a_receives ? "A" : "B";
  if (is_public(receiver))
    return who + " is public and answers the endpoint it hears from (RFC 5128 section 3.3)";
  return "UDP hole punching works: " + who +
         "'s gateways let the other's packets in (RFC 5128 section 3.3, RFC 4787 sections 4.1 and "
         "5)";
}

std::string why_not_direct(const Question& q) {
  if (!passes_udp(q.a)) return "A's gateways block UDP (RFC 5128 section 3.3 needs it)";
  if (!passes_udp(q.b)) return "B's gateways block UDP (RFC 5128 section 3.3 needs it)";
  if (!q.abilities.punches_udp && q.abilities.uses_known_endpoints)
    return "neither side has a public endpoint to dial, and the VPN does not punch (RFC 5128 "
           "section 3.3)";
  if (!q.abilities.punches_udp)
    return "the VPN neither punches nor dials known endpoints (RFC 5128 section 3.3)";
  if (!q.relay)
    return "there is no machine that would introduce the peers to each other (RFC 5128 section "
           "3.3)";
  if (!q.both_reach_relay())
    return "the peers cannot reach the machine that would introduce them (RFC 5128 section 3.3)";
  const bool would_be_heard = receives(q.a, q.b) || receives(q.b, q.a);
  if (would_be_heard)
    return "the answer to a punched packet leaves from another port, which an APDF filter refuses "
           "(RFC 4787 sections 4.1 and 5)";
  return "neither side's filters let in packets from the port that the other's mapping uses "
         "towards it "
         "(RFC 4787 sections 4.1 and 5)";
}

std::string why_not_relayed(const Question& q) {
  if (!q.abilities.relays || !q.relay) return "there is no relay";
  if (!is_public(*q.relay)) return "the relay is itself behind a gateway";
  const std::string who = reaches(q.a, *q.relay, q.abilities) ? "B" : "A";
  return who + " cannot reach the relay by any transport of the VPN";
}

} // namespace

Expectation expect(const Side& a,
                   const Side& b,
                   const std::optional<Side>& relay_side,
                   const Abilities& abilities) {
  const Question q{.a = a, .b = b, .relay = relay_side, .abilities = abilities};
  if (q.dials_public_side()) {
    const std::string who = is_public(b) ? "B" : "A";
    return {.path = PathKind::direct,
            .reason = who +
                      " is public and its endpoint is configured; the way back is the mapping that "
                      "the first packet makes (RFC 4787 section 4.1)"};
  }
  if (q.punches()) return {.path = PathKind::direct, .reason = why_punch_works(q)};
  if (abilities.relays && q.both_reach_relay())
    return {.path = PathKind::relayed,
            .reason = why_not_direct(q) + "; both reach the relay (RFC 5128 section 3.1)"};
  return {.path = PathKind::unreachable,
          .reason = why_not_direct(q) + ", and " + why_not_relayed(q)};
}

} // namespace hermesh::oracle
