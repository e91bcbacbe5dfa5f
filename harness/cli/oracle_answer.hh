// SPDX-License-Identifier: MIT
#pragma once

#include "model/network.hh"
#include "oracle/oracle.hh"

#include <string>
#include <vector>

namespace hermesh::cli {

/// What was asked about, and what theory answers.
struct OracleAnswer {
  std::string a, b;
  std::string a_chain, b_chain;
  std::string vpn{}; ///< its name; empty: what is assumed in its place
  oracle::Expectation expectation;
  std::vector<oracle::Step> steps{}; ///< empty: nobody asked why
};

/// To stdout.
void print_answer(const OracleAnswer& answer, bool json);

/// "behind home-a EIM/APDF, then cgn APDM/APDF (UDP blocked)", "public".
std::string chain_text(const std::vector<const Gateway*>& chain);

} // namespace hermesh::cli
