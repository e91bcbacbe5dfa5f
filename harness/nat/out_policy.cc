// SPDX-License-Identifier: MIT
#include "nat/out_policy.hh"

#include <algorithm>

namespace hermesh::nat {

bool OutPolicy::passes(std::uint16_t remote_port) const {
  return !only || std::ranges::find(*only, remote_port) != only->end();
}

std::string to_string(const OutPolicy& policy) {
  if (policy.passes_all()) return "all";
  if (policy.passes_none()) return "none";
  std::string text;
  for (std::size_t i = 0; i < policy.only->size(); ++i) {
    if (i > 0) text += i + 1 == policy.only->size() ? " and " : ", ";
    text += std::to_string((*policy.only)[i]);
  }
  return text;
}

} // namespace hermesh::nat
