// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hermesh {

/// What an event does to the lab.
struct Intervention {
  std::function<void()> begin;
  std::function<void()> end; ///< may be empty: a step
};

/// What an event turned out to change.
struct EventFinding {
  bool changed = false;
  std::string reason{};          ///< what changed, or what did not
  std::string before{}, after{}; ///< an external endpoint, a latency: as it was and as it is
  std::optional<Time> seen{};    ///< when the wire showed it
  std::vector<std::string> evidence{};

  bool operator==(const EventFinding&) const = default;
};

/// How an event is seen to have changed what it should. It looks at frames, and asks the guest what
/// only the guest can know (its carrier, its clock); of the intervention it knows nothing, so that
/// an intervention which does nothing is found out.
struct EventCheck {
  std::function<void()> before; ///< right before it begins
  std::function<void()> during; ///< again and again while it lasts
  std::function<bool(bool ended)>
      after; ///< again and again once it is over, or stays; true: enough was seen
  std::function<EventFinding()> conclude;
};

/// An EventCheck of an object that has these four as members; it lives as long as the check does.
template <typename Check>
EventCheck check_of(std::shared_ptr<Check> check) {
  return {.before = [check] { check->before(); },
          .during = [check] { check->during(); },
          .after = [check](bool ended) { return check->after(ended); },
          .conclude = [check] { return check->conclude(); }};
}

} // namespace hermesh
