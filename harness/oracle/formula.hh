// SPDX-License-Identifier: MIT
#pragma once

#include "oracle/oracle.hh"

#include <cstdint>
#include <vector>

namespace hermesh::oracle {

/// What one layer makes of the other side's packets, and why.
enum class Admission : std::uint8_t {
  open,            ///< it is EIF
  address_known,   ///< it is ADF, and was sent to that address from the same mapping
  endpoint_known,  ///< it is APDF, and was sent to that very endpoint from the same mapping
  unasked_mapping, ///< refused: nothing was sent to the peer from the mapping that the packet is
                   ///< for
  other_address,   ///< refused: the peer may send from another address than it was told to have
  other_port,      ///< refused: the peer sends from another port than it was told to have
  inside_source,   ///< refused: the peer's packets show its inside endpoint, which nobody contacted
};
bool is_admitted(Admission admission);

/// How far what a server saw of a side holds towards another remote.
struct Steadiness {
  bool endpoint = true;
  bool address = true;

  bool operator==(const Steadiness&) const = default;
};
/// Beyond the first `layers` of the chain.
Steadiness steadiness(const Side& side, std::size_t layers);
Steadiness steadiness(const Side& side);

/// Does the layer show all remotes one endpoint? A lone host's port also stays where ports are
/// shared, whatever the mapping's grade.
bool maps_independently(const nat::Behaviour& layer);

/// What each layer of A, innermost first, makes of B's packets to the endpoint that A was told is
/// its own. Layer i admits B if it is EIF; or ADF and layers 1..i are EIM; or APDF and layers 1..i
/// and every layer of B are EIM (RFC 5128 section 3.3 for one layer each; layers beyond follow from
/// what layer i itself sees: its filter knows the remote that was contacted through it from the
/// same mapping). The address of B must hold too where B's addresses are drawn.
std::vector<Admission> admissions(const Side& a, const Side& b);
bool receives(const Side& a, const Side& b);

/// Does A's answer to what it received get back to B? It leaves from the endpoint that B sent to
/// when every layer of A is EIM or reuses flows; otherwise from another port, which no layer of B
/// that is APDF lets in, and perhaps another address, which no ADF does.
/// By TCP only the former is an answer.
bool answers(const Side& a, const Side& b, nat::Protocol protocol = nat::Protocol::udp);
/// The first half of it.
bool answers_from_where_it_came(const Side& a);

} // namespace hermesh::oracle
