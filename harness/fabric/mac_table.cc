// SPDX-License-Identifier: MIT
#include "fabric/mac_table.hh"

namespace hermesh {

void MacTable::pin(const MacAddress& mac, std::uint32_t port) {
  const auto known = places_.find(key(mac));
  if (known != places_.end() && !known->second.pinned) --learned_[known->second.port];
  places_[key(mac)] = {.port = port, .pinned = true};
}

bool MacTable::learn(const MacAddress& mac, std::uint32_t port) {
  if (mac.is_group()) return true;
  if (learned_.size() <= port) learned_.resize(port + 1);
  const auto known = places_.find(key(mac));
  if (known != places_.end() && known->second.port == port) return true;
  if (known != places_.end() && known->second.pinned) return false;
  if (learned_[port] >= most_per_port) return true;
  ++learned_[port];
  if (known == places_.end()) {
    places_.emplace(key(mac), Place{.port = port});
    return true;
  }
  --learned_[known->second.port];
  known.value().port = port;
  return true;
}

void MacTable::forget(std::uint32_t port) {
  for (auto place = places_.begin(); place != places_.end();)
    place = place->second.port == port ? places_.erase(place) : std::next(place);
  if (port < learned_.size()) learned_[port] = 0;
}

} // namespace hermesh
