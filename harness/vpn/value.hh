// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace hermesh {

/// A machine of the lab, as a template passes it to a function: its place in the list.
struct MachineRef {
  std::size_t index = 0;

  bool operator==(const MachineRef&) const = default;
};

/// What an expression in a template yields. Text and bytes are one type: keys and certificates are
/// built from both.
using Value = std::variant<std::string, std::int64_t, bool, MachineRef>;

/// "bytes", "an integer", "true or false", "a machine": for complaints.
std::string type_of(const Value& value);

} // namespace hermesh
