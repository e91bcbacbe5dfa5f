// SPDX-License-Identifier: MIT
#pragma once

#include "oracle/formula.hh"

#include <cstdint>

namespace hermesh::oracle {

/// Where the packets of two sides meet, and what they pass on the way there.
struct Meeting {
  enum class Place : std::uint8_t {
    apart,   ///< no gateway that translates is common to both
    hairpin, ///< at the outermost layer, which is one gateway: it owns the endpoints of both
  };

  Place place = Place::apart;
  Side a, b; ///< without the firewalls beyond the place: those show inside endpoints as they are

  const nat::Behaviour& turning() const { return a.chain.back(); }
  bool shows_inside_sources() const {
    return place == Place::hairpin && turning().hairpin == nat::Hairpin::internal_source;
  }
};
Meeting meet(const Side& a, const Side& b);

/// As `receives` and `answers` of chains that share nothing; `back` is the meeting seen by B.
std::vector<Admission> admissions(const Meeting& meeting);
bool answers(const Meeting& meeting, nat::Protocol protocol = nat::Protocol::udp);
Meeting back(const Meeting& meeting);

/// Both sides without the gateways that they share.
struct Apart {
  Side a, b;
};
Apart without_shared(const Side& a, const Side& b);
bool share_a_gateway(const Side& a, const Side& b);
/// The gateway of both that has one address to give, and one-to-one translation to do; empty: none.
std::string short_of_addresses(const Side& a, const Side& b);
/// `side` when both want one port of a shared gateway that overloads ports: the second to come gets
/// another towards some remotes.
Side with_ports_clashing(Side side, const Side& other);

/// Can they meet on what they share, each knowing the other's own address?
bool meet_inside(const Side& a, const Side& b);
/// On one segment behind a common gateway?
bool on_one_segment(const Side& a, const Side& b);

} // namespace hermesh::oracle
