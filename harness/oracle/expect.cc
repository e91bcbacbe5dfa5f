// SPDX-License-Identifier: MIT
#include "oracle/leases.hh"
#include "oracle/luck.hh"
#include "oracle/oracle.hh"
#include "oracle/shared.hh"
#include "oracle/transports.hh"

#include <algorithm>
#include <utility>

namespace hermesh::oracle {
namespace {

using nat::Protocol;

struct Question {
  const Side& a;
  const Side& b;
  const std::optional<Side>& relay;
  const Abilities& abilities;

  bool both_pass(Protocol protocol) const { return passes(a, protocol) && passes(b, protocol); }
  /// The peers learn of each other from the machine that relays, which both must reach.
  bool introduced() const {
    return relay && reaches(a, *relay, abilities) && reaches(b, *relay, abilities) &&
           short_of_addresses(a, b).empty();
  }
  bool meets_inside() const {
    if (!abilities.offers_local_addresses || !introduced() || !meet_inside(a, b)) return false;
    const auto apart = without_shared(a, b);
    return passes(apart.a, Protocol::udp) && passes(apart.b, Protocol::udp);
  }
  bool dials_public_side() const {
    return abilities.uses_known_endpoints && both_pass(Protocol::udp) &&
           (is_public(a) || is_public(b));
  }
  bool may_punch() const { return introduced() && punching(); }
  std::optional<Protocol> punching() const { return punching_protocol(a, b, abilities); }
  bool may_meet_at_lease() const { return may_punch() && punching() == Protocol::udp; }
  /// At the endpoint that the gateway of `holder` granted it.
  bool meets_at_lease_of(const Side& holder, const Side& other) const {
    return may_meet_at_lease() && meets_at_lease(holder, other, abilities);
  }
  bool punches() const { return may_punch() && direct(a, b, *punching()); }
  bool punches_with_luck() const {
    return may_punch() && direct(at_best(a, abilities), at_best(b, abilities), *punching());
  }
};

/// Any layer's that ends a mapping under traffic.
std::string interruptions(const Question& q) {
  for (const Side* side : {&q.a, &q.b})
    for (std::size_t i = 0; i < side->chain.size(); ++i)
      if (side->chain[i].absolute_lifetime != Duration{0})
        return ", with a break whenever " + name_of(*side, i, side == &q.a ? "A" : "B") +
               " ends a mapping for its age (RFC 4787 section 4.3)";
  return "";
}

std::string why_meets_inside(const Question& q) {
  if (on_one_segment(q.a, q.b))
    return "both are on one segment and offer each other their own addresses (RFC 8445 section "
           "5.1.1.1)";
  return "both are behind one gateway, and an own address that one of them offers is reached on "
         "its "
         "inside (RFC 8445 section 5.1.1.1)";
}

std::string why_punch_works(const Question& q) {
  const bool by_tcp = punching_protocol(q.a, q.b, q.abilities) == Protocol::tcp;
  const std::string technique = by_tcp ? "TCP hole punching" : "UDP hole punching";
  const std::string section = by_tcp ? "RFC 5128 section 3.4" : "RFC 5128 section 3.3";
  const auto meeting = meet(q.a, q.b);
  if (meeting.place == Meeting::Place::hairpin)
    return technique + " works: " + meeting.a.gateways.back() +
           " turns round what one sends to the other's endpoint, and its filter lets it in (" +
           section + ", RFC 4787 sections 5 and 6)";
  const bool a_receives = receives(q.a, q.b) && answers(q.a, q.b);
  const Side& receiver = a_receives ? q.a : q.b;
  const std::string who = a_receives ? "A" : "B";
  if (is_public(receiver))
    return who + " is public and answers the endpoint it hears from (" + section + ")";
  return technique + " works: " + who + "'s gateways let the other's packets in (" + section +
         ", RFC 4787 sections 4.1 and 5)";
}

std::string why_lease_works(const Side& holder, const std::string& who) {
  return name_of(holder, 0, who) + " granted " + who +
         " a port that anyone may send to, and its answers get back (RFC 6886 section 3.9, RFC "
         "6887 "
         "section 11)";
}

Side with_external_sources(Side side) {
  side.chain.back().hairpin = nat::Hairpin::external_source;
  return side;
}

std::string why_filters_refuse(const Question& q) {
  const auto meeting = meet(q.a, q.b);
  if (meeting.place == Meeting::Place::hairpin) {
    const auto& gateway = meeting.a.gateways.back();
    if (meeting.turning().hairpin == nat::Hairpin::off)
      return gateway + " owns both endpoints and does not turn packets round (RFC 4787 section 6)";
    if (meeting.shows_inside_sources() &&
        direct(with_external_sources(meeting.a), with_external_sources(meeting.b)))
      return "what " + gateway +
             " turns round keeps its inside source, which the filters further in refuse (RFC 4787 "
             "REQ-9a)";
  }
  const auto is_received = [](const Meeting& there) {
    return std::ranges::all_of(admissions(there), is_admitted);
  };
  const bool arrives = is_received(meeting) || is_received(back(meeting));
  if (arrives && q.punching() == Protocol::tcp)
    return "the answer to a SYN leaves from another endpoint than the SYN was sent to, which is no "
           "answer to TCP (RFC 5128 section 3.4, RFC 4787 section 4.1)";
  if (arrives)
    return "the answer to a punched packet leaves from another port, which an APDF filter refuses "
           "(RFC 4787 sections 4.1 and 5)";
  return "neither side's filters let in packets from the port that the other's mapping uses "
         "towards it "
         "(RFC 4787 sections 4.1 and 5)";
}

std::string why_not_direct(const Question& q) {
  if (const auto gateway = short_of_addresses(q.a, q.b); !gateway.empty())
    return gateway + " has one address to give and two hosts (RFC 3022 section 2.1)";
  if (!punching_protocol(q.a, q.b, q.abilities)) {
    if (!passes(q.a, Protocol::udp))
      return "A's gateways block UDP (RFC 5128 section 3.3 needs it)";
    if (!passes(q.b, Protocol::udp))
      return "B's gateways block UDP (RFC 5128 section 3.3 needs it)";
    if (q.abilities.uses_known_endpoints)
      return "neither side has a public endpoint to dial, and the VPN does not punch (RFC 5128 "
             "section 3.3)";
    return "the VPN neither punches nor dials known endpoints (RFC 5128 section 3.3)";
  }
  if (!q.relay)
    return "there is no machine that would introduce the peers to each other (RFC 5128 section "
           "3.3)";
  if (!q.introduced())
    return "the peers cannot reach the machine that would introduce them (RFC 5128 section 3.3)";
  return why_filters_refuse(q);
}

std::string why_not_relayed(const Question& q) {
  if (!q.abilities.relays || !q.relay) return "there is no relay";
  if (!is_public(*q.relay)) return "the relay is itself behind a gateway";
  if (!short_of_addresses(q.a, q.b).empty()) return "the second to come reaches nothing";
  const std::string who = reaches(q.a, *q.relay, q.abilities) ? "B" : "A";
  return who + " cannot reach the relay by any transport of the VPN";
}

Expectation must_be_direct(const Question& q, PathKind path, const std::string& reason) {
  return {.path = path, .certainty = Certainty::must_direct, .reason = reason + interruptions(q)};
}

Expectation not_direct(const Question& q) {
  Expectation expected;
  if (q.abilities.relays && q.introduced())
    expected = {.path = PathKind::relayed,
                .certainty = Certainty::must_relay,
                .reason = why_not_direct(q) + "; both reach the relay (RFC 5128 section 3.1)"};
  else
    expected.reason = why_not_direct(q) + ", and " + why_not_relayed(q);
  if (!q.punches_with_luck()) return expected;
  expected.certainty = Certainty::may;
  expected.reason = "direct is a matter of luck, since " + chances(q.a, q.b, q.abilities) +
                    "; without it " + expected.reason;
  return expected;
}

/// RFC 8305 section 1 has hosts expect that.
Expectation lost(const Pairing& family) {
  return {.reason = family.lost_at + " announces " + family.family +
                    " and lets nothing of it through (RFC 8305 section 1)"};
}

} // namespace

Expectation expect(const Side& a,
                   const Side& b,
                   const std::optional<Side>& relay_side,
                   const Abilities& abilities) {
  // Leases are of UDP ports: that is what VPNs ask for.
  const bool by_udp = punching_protocol(a, b, abilities) == Protocol::udp;
  const Side leased_a = by_udp ? with_lease(a, abilities) : a;
  const Side leased_b = by_udp ? with_lease(b, abilities) : b;
  const Question q{.a = leased_a, .b = leased_b, .relay = relay_side, .abilities = abilities};
  if (q.meets_inside())
    return must_be_direct(
        q, on_one_segment(a, b) ? PathKind::local : PathKind::direct, why_meets_inside(q));
  if (q.dials_public_side()) {
    const std::string who = is_public(b) ? "B" : "A";
    return must_be_direct(q,
                          PathKind::direct,
                          who + " is public and its endpoint is configured; the way back is the "
                                "mapping that the first packet makes (RFC 4787 section 4.1)");
  }
  if (q.punches() && direct(a, b)) return must_be_direct(q, PathKind::direct, why_punch_works(q));
  if (q.meets_at_lease_of(leased_a, leased_b))
    return must_be_direct(q, PathKind::direct, why_lease_works(a, "A"));
  if (q.meets_at_lease_of(leased_b, leased_a))
    return must_be_direct(q, PathKind::direct, why_lease_works(b, "B"));
  if (q.punches()) // through gateways further out, from a port that stays
    return must_be_direct(q, PathKind::direct, why_punch_works(q));
  return not_direct(q);
}

Expectation expect(const std::vector<Pairing>& families, const Abilities& abilities) {
  std::optional<Expectation> best;
  for (const auto& family : families) {
    auto found =
        family.lost_at.empty() ? expect(family.a, family.b, family.relay, abilities) : lost(family);
    if (families.size() > 1) found.reason = "by " + family.family + ": " + found.reason;
    const auto rank = [](const Expectation& e) {
      return std::pair(e.path, e.certainty == Certainty::may ? 0 : 1);
    };
    if (!best || rank(found) < rank(*best)) best = std::move(found);
  }
  return best.value_or(Expectation{
      .reason = "the peers have no family of addresses in common (RFC 4213 section 2)"});
}

std::string to_string(Certainty certainty) {
  switch (certainty) {
  case Certainty::must_direct: return "must_direct";
  case Certainty::must_relay: return "must_relay";
  case Certainty::must_fail: return "must_fail";
  case Certainty::may: return "may";
  }
  return "?";
}

} // namespace hermesh::oracle
