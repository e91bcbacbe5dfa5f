// SPDX-License-Identifier: MIT
#include "runner/flow_changes.hh"

#include <map>
#include <utility>

namespace hermesh {
namespace {

void note(FlowChanges& changes, const SeenEndpoint& before, const SeenEndpoint& after) {
  const bool changed = before.outside != after.outside;
  ++(changed ? changes.changed : changes.same);
  if (changes.seen && !(changed && changes.changed == 1)) return;
  changes.before = to_string(before.outside);
  changes.after = to_string(after.outside);
  changes.seen = after.time;
}

} // namespace

FlowChanges
flow_changes(std::span<const SeenEndpoint> packets, Time asked, Time in_effect, bool readdressed) {
  FlowChanges changes;
  std::map<std::pair<Endpoint, Endpoint>, const SeenEndpoint*> last;
  std::map<std::pair<Endpoint, Endpoint>, bool> compared;
  const SeenEndpoint* latest = nullptr;
  for (const auto& packet : packets) {
    const std::pair flow{packet.inside, packet.remote};
    if (packet.time < asked) last[flow] = latest = &packet;
    if (packet.time < in_effect) continue;
    if (readdressed) {
      if (latest == nullptr || packet.inside.address == latest->inside.address) continue;
      note(changes, *latest, packet);
      break;
    }
    const auto known = last.find(flow);
    if (known == last.end() || std::exchange(compared[flow], true)) continue;
    note(changes, *known->second, packet);
  }
  return changes;
}

} // namespace hermesh
