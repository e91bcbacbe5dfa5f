// SPDX-License-Identifier: MIT
#pragma once

#include "oracle/oracle.hh"

#include <string>

namespace hermesh::oracle {

/// The side if all that it leaves to chance turned out well: drawn addresses stay, shared ports do
/// not clash, and a VPN that predicts ports guesses right.
Side at_best(Side side, const Abilities& abilities);

/// What it is that both sides leave to chance, for a sentence: "gw-a draws among its addresses (RFC
/// 4787 REQ-2)".
std::string chances(const Side& a, const Side& b, const Abilities& abilities);

/// The gateway's name where it is known, else "gateway 2 of A".
std::string name_of(const Side& side, std::size_t layer, const std::string& who);

} // namespace hermesh::oracle
