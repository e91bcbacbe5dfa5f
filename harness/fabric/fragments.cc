// SPDX-License-Identifier: MIT
#include "fabric/fragments.hh"

#include <algorithm>
#include <utility>

namespace hermesh {

std::optional<Fragments::Decision> Fragments::find(const Key& key) const {
  const auto found = datagrams_.find(key);
  if (found == datagrams_.end()) return std::nullopt;
  return found->second.decision;
}

bool Fragments::admit(
    const Key& key, const Range& range, Time now, const Visit& refuse, const Visit& give_up) {
  Datagram& datagram = open(key, now, give_up);
  if (datagram.decision && datagram.decision->drop == DropReason::fragment_overlap) return false;
  if (std::ranges::find(datagram.ranges, range) != datagram.ranges.end()) return true;
  const bool overlaps = std::ranges::any_of(datagram.ranges, [&](const Range& other) {
    return range.begin < other.end && other.begin < range.end;
  });
  if (!overlaps && datagram.ranges.size() < most_pieces) {
    datagram.ranges.push_back(range);
    return true;
  }
  datagram.decision = {.drop = DropReason::fragment_overlap};
  hand_over(shares_[key.port], std::exchange(datagram.waiting, {}), refuse);
  return false;
}

bool Fragments::hold(const Key& key, const Transit& transit, Time now, const Visit& give_up) {
  Datagram& datagram = open(key, now, give_up);
  const auto slot = shares_[key.port].held.keep(transit.frame);
  if (!slot) return false;
  datagram.waiting.push_back({.slot = *slot, .segment = transit.segment, .source = transit.source});
  return true;
}

void Fragments::decide(
    const Key& key, const Decision& decision, Time now, const Visit& send, const Visit& give_up) {
  Datagram& datagram = open(key, now, give_up);
  datagram.decision = decision;
  hand_over(shares_[key.port], std::exchange(datagram.waiting, {}), send);
}

Time Fragments::due() const {
  Time due = Time::max();
  for (const auto& [port, share] : shares_)
    if (!share.order.empty()) due = std::min(due, share.order.front().until);
  return due;
}

void Fragments::advance(Time now, const Visit& give_up) {
  for (auto& [port, share] : shares_)
    while (!share.order.empty() && share.order.front().until <= now)
      forget_oldest(share, give_up);
  // Virtual hosts come and go, each by a port of its own.
  std::erase_if(shares_, [](const auto& one) { return one.second.order.empty(); });
}

Fragments::Datagram& Fragments::open(const Key& key, Time now, const Visit& give_up) {
  const auto known = datagrams_.find(key);
  if (known != datagrams_.end()) return known.value();
  Share& share = shares_[key.port];
  if (share.order.size() >= most_datagrams) forget_oldest(share, give_up);
  share.order.push_back({.key = key, .until = now + patience});
  return datagrams_.emplace(key, Datagram{}).first.value();
}

void Fragments::forget_oldest(Share& share, const Visit& give_up) {
  const auto oldest = datagrams_.find(share.order.front().key);
  share.order.pop_front();
  const auto waiting = std::move(oldest.value().waiting);
  datagrams_.erase(oldest);
  hand_over(share, waiting, give_up);
}

void Fragments::hand_over(Share& share, const std::vector<Waiting>& waiting, const Visit& to) {
  for (const Waiting& one : waiting) {
    to({.segment = one.segment, .source = one.source, .frame = share.held.at(one.slot)});
    share.held.release(one.slot);
  }
}

} // namespace hermesh
