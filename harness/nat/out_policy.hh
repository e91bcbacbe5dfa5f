// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hermesh::nat {

/// Which ports of remotes a gateway lets its inside speak to, on one protocol. What comes from the
/// others does not get in either.
struct OutPolicy {
  std::optional<std::vector<std::uint16_t>> only{}; ///< not set: all; an empty list: none

  static OutPolicy none() { return {.only = std::vector<std::uint16_t>{}}; }

  bool passes(std::uint16_t remote_port) const;
  bool passes_all() const { return !only; }
  bool passes_none() const { return only && only->empty(); }

  bool operator==(const OutPolicy&) const = default;
};

std::string to_string(const OutPolicy& policy); ///< "all", "none", "443", "80 and 443"

} // namespace hermesh::nat
