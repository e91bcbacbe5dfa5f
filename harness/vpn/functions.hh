// SPDX-License-Identifier: MIT
#pragma once

#include "vpn/value.hh"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// What `key(...)` derives from, beside its arguments.
struct KeySource {
  std::uint64_t seed = 0;
  std::string vpn;
  std::vector<std::string> machines; ///< names, by MachineRef::index

  bool operator==(const KeySource&) const = default;
};

/// Calls one of the functions that templates have (vpns/README.md lists them); none knows a VPN.
/// InputError for an unknown name, a wrong number or a wrong type of arguments.
Value call_function(std::string_view name,
                    const std::vector<Value>& arguments,
                    const KeySource& keys);

std::vector<std::string> function_names();

} // namespace hermesh
