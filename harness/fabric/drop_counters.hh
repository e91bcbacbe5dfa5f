// SPDX-License-Identifier: MIT
#pragma once

#include "fabric/ledger.hh"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace hermesh {

/// The drop ledger while it is kept: one row of counters per place (a gateway, a port). Its size
/// depends on the number of places only.
class DropCounters {
public:
  using Place = std::uint32_t;

  Place add_place(std::string name) {
    places_.push_back({.name = std::move(name)});
    return static_cast<Place>(places_.size() - 1);
  }

  void count(Place place, DropReason reason, std::size_t bytes) {
    auto& counter = places_[place].counters[static_cast<std::size_t>(reason)];
    ++counter.frames;
    counter.bytes += bytes;
  }

  /// What was counted, in the order of places and then of reasons; no rows of zeros.
  std::vector<LedgerRow> rows() const;

private:
  struct Counter {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };
  struct Row {
    std::string name;
    std::array<Counter, static_cast<std::size_t>(DropReason::count_)> counters{};
  };
  std::vector<Row> places_;
};

} // namespace hermesh
