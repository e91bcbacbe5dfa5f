// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hermesh::testing {

/// A program that somebody else wrote, built from locked sources of its registry, for a guest.
struct ForeignClient {
  std::string name;              ///< in the guest it is /opt/hermesh/<name>
  std::filesystem::path program; ///< on this host; empty where it could not be built
  std::string why_not;           ///< then

  /// What has `hermesh up` bring it into every guest: a VPN in `work` that is nothing but a program
  /// to push. Without the client, the VPN that is none.
  std::vector<std::string> vpn_arguments(const std::filesystem::path& work) const;
};

/// crab_nat's PCP client (tests/vm/mapping_client), by cargo.
ForeignClient mapping_client();
/// pion's client of RFC 5780 (tests/vm/behaviour_client), by Go.
ForeignClient behaviour_client();

} // namespace hermesh::testing
