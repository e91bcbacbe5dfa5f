// SPDX-License-Identifier: MIT
#pragma once

#include "oracle/oracle.hh"

namespace hermesh::oracle {

/// Does the innermost gateway, the one that a host asks, grant it ports by a protocol that the VPN
/// speaks?
bool holds_lease(const Side& side, const Abilities& abilities);

/// Was A granted an endpoint that B reaches and gets an answer from? The two sides as `with_lease`
/// has them. The endpoint is on the network outside the innermost gateway of A: B gets there when
/// all that translates beyond it is in front of B as well.
///
/// Said too seldom (18 of 180 000 drawn plays of packets) where the granting gateway is in front of
/// both, turns packets round with their inside source, and another gateway is beyond it: a path may
/// then come of what both learn by several ways.
bool meets_at_lease(const Side& a, const Side& b, const Abilities& abilities);

} // namespace hermesh::oracle
