// SPDX-License-Identifier: MIT
// Two sides behind one gateway. What one sends to the other's external endpoint comes to the
// outermost translating gateway that they share, and that is the endpoint's owner: it turns the
// packet round (RFC 4787 section 6), or nobody does. It goes out to the external side and comes
// back in, so every layer on the way, also those further in that both share, does to it what it
// would do to a stranger's; the same order of things as in RFC 6146 section 3.8.
#include "oracle/shared.hh"

#include <algorithm>

namespace hermesh::oracle {
namespace {

using nat::Translating;

bool share_outermost(const Side& a, const Side& b) {
  return !a.gateways.empty() && !b.gateways.empty() && a.gateways.back() == b.gateways.back();
}

void drop_outermost(Side& side) {
  side.chain.pop_back();
  side.gateways.pop_back();
}

Side inner(Side side) {
  drop_outermost(side);
  return side;
}

bool lets_all_in(const Side& side) {
  return std::ranges::all_of(side.chain, [](const auto& layer) {
    return layer.filtering == nat::Dependence::endpoint_independent;
  });
}

bool translates_nothing(const Side& side) {
  return std::ranges::all_of(
      side.chain, [](const auto& layer) { return layer.translating == Translating::none; });
}

/// From A to B's endpoint on the inside of the gateway that turned B's packet round.
bool answers_inside(const Side& a, const Side& b) {
  const Meeting further_in = meet(a, b);
  return further_in.place == Meeting::Place::apart ||
         further_in.turning().hairpin != nat::Hairpin::off;
}

} // namespace

Meeting meet(const Side& a, const Side& b) {
  Meeting meeting{.a = a, .b = b};
  while (share_outermost(meeting.a, meeting.b)) {
    if (meeting.turning().translating != Translating::none) {
      meeting.place = Meeting::Place::hairpin;
      break;
    }
    drop_outermost(meeting.a);
    drop_outermost(meeting.b);
  }
  return meeting;
}

Meeting back(const Meeting& meeting) {
  return {.place = meeting.place, .a = meeting.b, .b = meeting.a};
}

std::vector<Admission> admissions(const Meeting& meeting) {
  auto result = admissions(meeting.a, meeting.b);
  if (!meeting.shows_inside_sources()) return result;
  for (std::size_t i = 0; i + 1 < result.size(); ++i)
    if (result[i] != Admission::open) result[i] = Admission::inside_source;
  return result;
}

/// An inside source is answered straight on the inside, from an endpoint that B never sent to.
bool answers(const Meeting& meeting, nat::Protocol protocol) {
  if (!meeting.shows_inside_sources()) return answers(meeting.a, meeting.b, protocol);
  if (protocol == nat::Protocol::tcp) return false; // straight to the inside: from another endpoint
  const Side b = inner(meeting.b);
  return lets_all_in(b) && answers_inside(inner(meeting.a), b);
}

Apart without_shared(const Side& a, const Side& b) {
  Apart apart{.a = a, .b = b};
  while (share_outermost(apart.a, apart.b)) {
    drop_outermost(apart.a);
    drop_outermost(apart.b);
  }
  return apart;
}

bool share_a_gateway(const Side& a, const Side& b) {
  return share_outermost(a, b);
}

/// Two inside addresses come to the first that translates. Further out they may be one.
std::string short_of_addresses(const Side& a, const Side& b) {
  for (auto i = without_shared(a, b).a.chain.size(); i < a.chain.size(); ++i) {
    const auto& layer = a.chain[i];
    if (layer.translating == Translating::none) continue;
    const bool one_for_two =
        layer.translating == Translating::one_to_one && layer.external_addresses == 1;
    return one_for_two ? a.gateways[i] : "";
  }
  return "";
}

Side with_ports_clashing(Side side, const Side& other) {
  for (auto i = without_shared(side, other).a.chain.size(); i < side.chain.size(); ++i)
    side.chain[i].overload_ports = false;
  return side;
}

/// A host's own address is good as far as nothing translates it; a filter on the way admits a peer
/// that it was sent to, or all.
bool meet_inside(const Side& a, const Side& b) {
  if (!share_a_gateway(a, b)) return false;
  const auto apart = without_shared(a, b);
  const bool a_is_seen = translates_nothing(apart.a);
  const bool b_is_seen = translates_nothing(apart.b);
  if (a_is_seen && b_is_seen) return true;
  return (a_is_seen && lets_all_in(apart.a)) || (b_is_seen && lets_all_in(apart.b));
}

bool on_one_segment(const Side& a, const Side& b) {
  return !a.chain.empty() && a.gateways == b.gateways && !a.gateways.empty() &&
         !a.segment.empty() && a.segment == b.segment;
}

} // namespace hermesh::oracle
