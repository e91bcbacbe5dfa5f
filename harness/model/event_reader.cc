// SPDX-License-Identifier: MIT
#include "model/fields.hh"
#include "model/readers.hh"

#include <algorithm>
#include <vector>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using EventFields = JsonReader::Fields;

constexpr Duration latest_event = 24h;
constexpr Duration shortest_event = 500ms;
constexpr Duration longest_event = 1h;
/// What a change needs to show before the next one may begin.
constexpr Duration between_events = 1s;
/// Less loss, or less delay, than this cannot be told from an ordinary lab's.
constexpr double least_loss_percent = 5;
constexpr Duration least_delay = 20ms;

void read_target(const JsonReader& json, EventFields& fields, EventSpec& event) {
  const auto& traits = event_traits(event.kind);
  unsigned given = 0;
  std::string wanted;
  const auto may_be = [&](const char* name, std::string& value, bool allowed) {
    if (!allowed) return;
    wanted += (wanted.empty() ? "'" : " or '") + std::string(name) + "'";
    if (const auto field = fields.optional(name)) {
      value = read_name(*field);
      ++given;
    }
  };
  may_be("role", event.role, true);
  may_be("gateway", event.gateway, traits.gateways);
  may_be("machine", event.machine, !traits.gateways);
  may_be("segment", event.segment, traits.segments);
  const bool of_relays =
      event.kind == EventKind::relay_reset || event.kind == EventKind::relay_silence;
  if (given == 0 && of_relays)
    event.role = "relay";
  else if (given != 1)
    json.fail("found " + std::string(given == 0 ? "no target" : "several targets") + ", wanted " +
              wanted + ": what '" + std::string(traits.name) + "' happens to");
}

void read_length(EventFields& fields, EventSpec& event) {
  const auto& traits = event_traits(event.kind);
  event.lasts = traits.lasts;
  if (traits.is_step) return;
  if (const auto lasts = fields.optional("lasts"))
    event.lasts = read_duration(*lasts, shortest_event, longest_event);
}

EventSpec read_event(const JsonReader& json) {
  EventSpec event;
  json.object([&](EventFields& fields) {
    std::vector<std::string> names;
    for (const auto kind : event_kinds)
      names.push_back(to_string(kind));
    event.kind = event_kinds.at(fields.required("event").one_of(names));
    event.at = read_duration(fields.required("at"), Duration::zero(), latest_event);
    read_target(json, fields, event);
    read_length(fields, event);
    if (event.kind == EventKind::roam) event.to = read_name(fields.required("to"));
    if (event.kind != EventKind::path_change) return;
    read_impairments(fields, event.link);
    if (event.link.delay < least_delay && event.link.loss_percent < least_loss_percent)
      json.fail("found neither a delay of 20ms nor a loss of 5 percent, wanted at least one of "
                "them: what is less cannot be told from the lab's own");
  });
  return event;
}

Duration end_of(const EventSpec& event) {
  return event.at + event.lasts.value_or(Duration::zero());
}

} // namespace

std::vector<EventSpec> read_events(const JsonReader& json) {
  std::vector<EventSpec> events;
  json.each([&](const JsonReader& item) {
    const auto event = read_event(item);
    if (!events.empty() && event.at < end_of(events.back()) + between_events)
      item.fail("found an event at " + to_string(event.at) + ", wanted at " +
                to_string(end_of(events.back()) + between_events) +
                " or later: the one before lasts until " + to_string(end_of(events.back())) +
                ", and what changed has to show");
    events.push_back(event);
  });
  return events;
}

} // namespace hermesh
