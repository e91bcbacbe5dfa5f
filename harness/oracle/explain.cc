// SPDX-License-Identifier: MIT
// The formula in plain sentences. It decides nothing: it asks the formula and says what it
// answered.
#include "oracle/luck.hh"
#include "oracle/shared.hh"
#include "oracle/transports.hh"

#include <algorithm>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;

struct Name {
  std::string self, other;
};
const Name as_a{"A", "B"};
const Name as_b{"B", "A"};

/// The innermost layer that shows different remotes different endpoints.
std::size_t first_dependent(const Side& side) {
  const auto found = std::ranges::find_if_not(side.chain, maps_independently);
  return static_cast<std::size_t>(found - side.chain.begin());
}

std::string seen_from_outside(const Side& side, const Name& name) {
  if (side.chain.empty()) return "has a public address: nothing maps it, nothing filters";
  const auto steady = steadiness(side);
  if (steady.endpoint) {
    const bool plain = std::ranges::all_of(
        side.chain, [](const auto& layer) { return layer.translating == nat::Translating::none; });
    if (plain)
      return "is translated by nothing: the server and " + name.other +
             " see its own endpoint (RFC 4787 section 4.1)";
    return "is mapped independently of the remote (EIM): the server and " + name.other +
           " see one endpoint (RFC 4787 section 4.1)";
  }
  const auto layer = first_dependent(side);
  const std::string per =
      side.chain[layer].mapping == address_dependent ? "address (ADM)" : "endpoint (APDM)";
  return name_of(side, layer, name.self) + " maps anew for each remote " + per + ": " + name.other +
         " is told the endpoint that the server sees, and sees another port" +
         (steady.address ? "" : ", perhaps of another address") + " (RFC 4787 section 4.1)";
}

std::string meeting_place(const Side& a, const Meeting& meeting) {
  if (meeting.place == Meeting::Place::hairpin) {
    const auto& gateway = meeting.a.gateways.back();
    switch (meeting.turning().hairpin) {
    case nat::Hairpin::off:
      return gateway + " owns the endpoints of both, and drops what comes to them from inside "
                       "(hairpin off, RFC 4787 section 6)";
    case nat::Hairpin::external_source:
      return gateway + " owns the endpoints of both, and turns packets to them round as if they "
                       "came from outside (RFC 4787 REQ-9a)";
    case nat::Hairpin::internal_source:
      return gateway + " owns the endpoints of both, and turns packets to them round with their "
                       "inside source left in (against RFC 4787 REQ-9a)";
    }
  }
  return "both are behind " + a.gateways.back() +
         ", which translates nothing: their packets meet before it";
}

std::string what_it_does(Admission admission, const Name& receiver) {
  const auto& self = receiver.self;
  const auto& peer = receiver.other;
  switch (admission) {
  case Admission::open:
    return "lets in whoever sends to a mapped endpoint (EIF, RFC 4787 section 5)";
  case Admission::address_known:
    return "lets " + peer + "'s address in, since " + self +
           " sent to it from the same mapping (ADF, RFC 4787 section 5)";
  case Admission::endpoint_known:
    return "lets " + peer + "'s endpoint in, since " + self +
           " sent to it from the same mapping (APDF, RFC 4787 section 5)";
  case Admission::unasked_mapping:
    return "refuses: the mapping that " + peer + " was told of was made for the server, and " +
           self + "'s packets to " + peer + " left from another (RFC 4787 sections 4.1 and 5)";
  case Admission::other_address:
    return "refuses: " + peer + "'s packets may come from another address than " + self +
           " sent to (RFC 4787 REQ-2)";
  case Admission::other_port:
    return "refuses: " + peer + "'s packets come from another port than the one that " + self +
           " was told of and sent to (APDF, RFC 4787 section 5)";
  case Admission::inside_source:
    return "refuses: the source is " + peer + "'s inside endpoint, which " + self +
           " never sent to (RFC 4787 REQ-9a)";
  }
  return "";
}

/// What becomes of the other's packets, outermost layer first, until one refuses. True: they
/// arrive.
bool explain_arrival(const Meeting& meeting, const Name& receiver, std::vector<Step>& steps) {
  const std::string about = receiver.other + " to " + receiver.self;
  const auto found = admissions(meeting);
  if (found.empty()) steps.push_back({about, "nothing is in the way"});
  for (auto i = found.size(); i-- > 0;) {
    steps.push_back(
        {about, name_of(meeting.a, i, receiver.self) + " " + what_it_does(found[i], receiver)});
    if (!is_admitted(found[i])) return false;
  }
  return true;
}

bool explain_answer(const Meeting& meeting, const Name& receiver, std::vector<Step>& steps) {
  const std::string about = receiver.self + " answers";
  const bool works = answers(meeting);
  std::string text;
  if (meeting.shows_inside_sources())
    text = works ? "straight to the inside endpoint it saw, where every filter is open"
                 : "straight to the inside endpoint it saw, where " + receiver.other +
                       "'s filters know nothing of " + receiver.self + " (RFC 4787 REQ-9a)";
  else if (answers_from_where_it_came(meeting.a))
    text = "from the endpoint that " + receiver.other + " sent to, which is let in";
  else if (works)
    text = "from another port, since " + receiver.self +
           "'s gateway makes mappings for outbound packets only (flows strict), and no filter of " +
           receiver.other + " asks for the port (RFC 4787 section 5)";
  else
    text = "from another port, since " + receiver.self +
           "'s gateway makes mappings for outbound packets only (flows strict), and " +
           receiver.other + "'s filter refuses it (RFC 4787 sections 4.1 and 5)";
  steps.push_back({about, text});
  return works;
}

} // namespace

std::vector<Step> explain(const Side& told_a, const Side& told_b) {
  const Side a = with_ports_clashing(told_a, told_b);
  const Side b = with_ports_clashing(told_b, told_a);
  const auto meeting = meet(a, b);
  std::vector<Step> steps{{"A", seen_from_outside(a, as_a)}, {"B", seen_from_outside(b, as_b)}};
  for (const auto& [side, name] : {std::pair(&a, as_a), std::pair(&b, as_b)}) {
    if (passes(*side, nat::Protocol::udp)) continue;
    steps.push_back({name.self + " to " + name.other,
                     "UDP is let out to no port that a gateway may give, so no punch leaves (RFC "
                     "5128 section 3.3)"});
    return steps;
  }
  if (share_a_gateway(a, b)) steps.push_back({"meeting", meeting_place(a, meeting)});
  if (meeting.place == Meeting::Place::hairpin && meeting.turning().hairpin == nat::Hairpin::off)
    return steps;
  const bool there = explain_arrival(meeting, as_a, steps) && explain_answer(meeting, as_a, steps);
  if (!there && explain_arrival(back(meeting), as_b, steps))
    explain_answer(back(meeting), as_b, steps);
  return steps;
}

} // namespace hermesh::oracle
