// SPDX-License-Identifier: MIT
#pragma once

#include "oracle/oracle.hh"

#include <optional>

namespace hermesh::oracle {

bool is_public(const Side& side);

/// Do the gateways let the protocol out to any port? A peer's, which a gateway gives, is on
/// nobody's list.
bool passes(const Side& side, nat::Protocol protocol);

/// Can a side open a connection to a server there, by any transport that the VPN has? By TCP the
/// server listens on 443, the port that is let out last.
bool reaches(const Side& side, const Side& server, const Abilities& abilities);

/// By which protocol a direct path may run at all; empty: none that the VPN punches with.
std::optional<nat::Protocol>
punching_protocol(const Side& a, const Side& b, const Abilities& abilities);

} // namespace hermesh::oracle
