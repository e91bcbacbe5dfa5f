// SPDX-License-Identifier: MIT
#pragma once

#include "runner/certificate.hh"

#include <set>
#include <string>

namespace hermesh::testing {

inline std::set<std::string> differing_axes(const Certificate& certificate) {
  std::set<std::string> axes;
  for (const auto& axis : certificate.axes)
    if (!axis.as_declared) axes.insert(axis.axis);
  return axes;
}

/// For people: what differs, and what was seen.
inline std::string story_of(const Certificate& certificate) {
  std::string text;
  for (const auto& axis : certificate.axes) {
    if (axis.as_declared) continue;
    text += "\n" + axis.axis + ": declared " + axis.declared + ", measured " + axis.measured;
    for (const auto& one : axis.evidence)
      text += "\n  " + one.probe + ": " + one.seen;
  }
  return text;
}

} // namespace hermesh::testing
