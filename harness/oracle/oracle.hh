// SPDX-License-Identifier: MIT
#pragma once

#include "model/path.hh"
#include "model/vpn_spec.hh"
#include "nat/behaviour.hh"

#include <string>
#include <vector>

namespace hermesh::oracle {

/// One peer as theory sees it: the gateways in front of it, innermost first. Empty: a public host.
struct Side {
  std::vector<nat::Behaviour> chain;
};

/// Which answer the table gives to an admitted inbound packet decides 12 of the 81 cells (nat.md 2.5's
/// subject; nat::FlowRule). `strict` when any gateway of either side is strict.
enum class Form : std::uint8_t { reuse, strict };

/// Can A, behind its chain, receive B's punching packets? Layer i of A admits B if it is EIF; or ADF and
/// layers 1..i are EIM; or APDF and layers 1..i and every layer of B are EIM.
bool receives(const Side& a, const Side& b);
/// Is a direct path possible for a VPN that punches, sends to signalled endpoints and answers the source it saw?
bool direct(const Side& a, const Side& b, Form form);
Form form_of(const Side& a, const Side& b);

/// What theory predicts, and the sentence that says why (with the RFC section it stands on).
struct Expectation {
  PathKind path = PathKind::unreachable;
  std::string reason;
};

/// `relay_side`: the chain in front of the relay (usually empty). Any side may block UDP.
Expectation expect(const Side& a, const Side& b, const Side& relay_side, const Abilities& abilities);

struct Cell {
  std::string a; ///< "EIM/EIF"
  std::string b;
  PathKind path; ///< direct or relayed, for a VPN that punches and has a relay
};
/// All 81, in the order EIM/EIF, EIM/ADF, ..., APDM/APDF for a, then b.
std::vector<Cell> table(Form form);

} // namespace hermesh::oracle
