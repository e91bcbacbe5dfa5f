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

/// One peer as theory sees it, in one family: the gateways in front of it, innermost first. Empty:
/// a public host. A port mapping (NAT-PMP, PCP) makes the layer that grants it EIM/EIF.
struct Side {
  std::vector<nat::Behaviour> chain;
  /// Their names, as many as there are layers, or none: a gateway of both sides is known by it.
  std::vector<std::string> gateways{};
  std::string segment{}; ///< that the host is on, where it is known
};

/// Which answer the table gives to an admitted inbound packet (nat::FlowRule) decides 12 of the 81
/// cells. Both agree about every chain whose mappings are endpoint-independent.
enum class Form : std::uint8_t { reuse, strict };

/// Is a direct path possible for a VPN that punches, sends to signalled endpoints and answers the
/// source it saw? Blocked UDP is not looked at. Each layer's own flow rule counts, and a gateway of
/// both sides turns round what they send to its external endpoints if its hairpin does. What is
/// left to chance (arbitrary pooling, shared ports) counts as lost. By TCP an answer must come from
/// the very endpoint that was dialled (RFC 9293 section 3.10.7): one SYN's source is no news to the
/// other side's program, which could dial it otherwise.
bool direct(const Side& a, const Side& b, nat::Protocol protocol = nat::Protocol::udp);
/// The same as if every layer had the flow rule of `form`.
bool direct(const Side& a, const Side& b, Form form);
/// `strict` when any gateway of either side is.
Form form_of(const Side& a, const Side& b);

/// How far theory binds a VPN of these abilities.
enum class Certainty : std::uint8_t {
  must_direct, ///< or local
  must_relay,
  must_fail, ///< nothing can arrive
  may,       ///< the path named is sure, and with luck a direct one comes of it
};

/// What theory predicts, and the sentence that says why (with the RFC section it stands on).
struct Expectation {
  PathKind path = PathKind::unreachable;
  Certainty certainty = Certainty::must_fail;
  std::string reason;

  bool operator==(const Expectation&) const = default;
};

/// The side as remotes see it once a host of these abilities has asked its own gateway for its
/// port: that layer is EIM/EIF for it. Unchanged where nothing is granted, or where only what comes
/// in is redirected.
Side with_lease(Side side, const Abilities& abilities);

/// `relay_side`: the chain in front of the machine that relays and introduces the peers; empty:
/// there is no such machine. With a gateway in front of it nobody can reach it (no gateway here
/// forwards ports). Any side may block UDP.
Expectation expect(const Side& a,
                   const Side& b,
                   const std::optional<Side>& relay_side,
                   const Abilities& abilities);

/// The pair as one family of addresses has it.
struct Pairing {
  std::string family; ///< "IPv4", "IPv6"
  Side a, b;
  std::optional<Side> relay{};
  std::string lost_at{}; ///< the gateway that announces the family and lets nothing of it through
};
/// Each family on its own, and the best of them taken; the first of equals.
Expectation expect(const std::vector<Pairing>& families, const Abilities& abilities);

/// One step on the way to the verdict: "A's mapping", "home-a admits B", and a plain sentence.
struct Step {
  std::string about;
  std::string text;

  bool operator==(const Step&) const = default;
};
/// Why a punch through these gateways ends as it does: what each mapping shows the other side,
/// which filter admits what, who answers whom.
std::vector<Step> explain(const Side& a, const Side& b);

std::string to_string(Certainty certainty); ///< "must_direct", "must_relay", "must_fail", "may"

struct Cell {
  std::string a; ///< "EIM/EIF"
  std::string b;
  PathKind path = PathKind::relayed; ///< direct or relayed, for a VPN that punches and has a relay

  bool operator==(const Cell&) const = default;
};
/// All 81, in the order EIM/EIF, EIM/ADF, ..., APDM/APDF for a, then b.
std::vector<Cell> table(Form form);

} // namespace hermesh::oracle
