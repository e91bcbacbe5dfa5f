// SPDX-License-Identifier: MIT
#include "fabric/drop_counters.hh"

namespace hermesh {

std::vector<LedgerRow> DropCounters::rows() const {
  std::vector<LedgerRow> rows;
  for (const Row& place : places_)
    for (std::size_t reason = 0; reason < place.counters.size(); ++reason)
      if (const Counter& counter = place.counters[reason]; counter.frames > 0)
        rows.push_back({.where = place.name,
                        .reason = static_cast<DropReason>(reason),
                        .frames = counter.frames,
                        .bytes = counter.bytes});
  return rows;
}

} // namespace hermesh
