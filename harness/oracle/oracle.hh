// SPDX-License-Identifier: MIT
#pragma once

#include "model/path.hh"
#include "model/vpn_spec.hh"
#include "nat/behaviour.hh"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hermesh::oracle {

/// One peer as theory sees it: the gateways in front of it, innermost first. Empty: a public host.
struct Side {
  std::vector<nat::Behaviour> chain;
};

/// Which answer the table gives to an admitted inbound packet (nat::FlowRule) decides 12 of the 81
/// cells. Both agree about every chain whose mappings are endpoint-independent.
enum class Form : std::uint8_t { reuse, strict };

/// Can A, behind its chain, receive B's punching packets, sent to the endpoint that A was told is
/// its own? Layer i of A admits B if it is EIF; or ADF and layers 1..i are EIM; or APDF and
/// layers 1..i and every layer of B are EIM (RFC 5128 section 3.3 for one layer each; layers beyond
/// follow from what layer i itself sees: its filter knows the remote that was contacted through it
/// from the same mapping).
bool receives(const Side& a, const Side& b);

/// Does A's answer to what it received get back to B? It leaves from the endpoint that B sent to
/// when every layer of A is EIM or reuses flows; otherwise from another port, which no layer of B
/// that is APDF lets in.
bool answers(const Side& a, const Side& b);

/// Is a direct path possible for a VPN that punches, sends to signalled endpoints and answers the
/// source it saw? Blocked UDP is not looked at. Each layer's own flow rule counts.
bool direct(const Side& a, const Side& b);
/// The same as if every layer had the flow rule of `form`.
bool direct(const Side& a, const Side& b, Form form);
/// `strict` when any gateway of either side is.
Form form_of(const Side& a, const Side& b);

/// What theory predicts, and the sentence that says why (with the RFC section it stands on).
struct Expectation {
  PathKind path = PathKind::unreachable;
  std::string reason;

  bool operator==(const Expectation&) const = default;
};

/// `relay_side`: the chain in front of the machine that relays and introduces the peers; empty:
/// there is no such machine. With a gateway in front of it nobody can reach it (no gateway here
/// forwards ports). Any side may block UDP.
Expectation expect(const Side& a,
                   const Side& b,
                   const std::optional<Side>& relay_side,
                   const Abilities& abilities);

struct Cell {
  std::string a; ///< "EIM/EIF"
  std::string b;
  PathKind path = PathKind::relayed; ///< direct or relayed, for a VPN that punches and has a relay

  bool operator==(const Cell&) const = default;
};
/// All 81, in the order EIM/EIF, EIM/ADF, ..., APDM/APDF for a, then b.
std::vector<Cell> table(Form form);

} // namespace hermesh::oracle
