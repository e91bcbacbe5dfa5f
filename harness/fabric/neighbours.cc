// SPDX-License-Identifier: MIT
#include "fabric/neighbours.hh"

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr int most_questions = 3;
constexpr Duration between_questions = 1s;
constexpr Duration absent_for = 1s;
constexpr Duration known_for = 60s;

} // namespace

Neighbours::Answer Neighbours::look_up(const Address& address, Time now) {
  auto found = entries_.find(address);
  if (found == entries_.end()) {
    if (!make_room(now, Asker::we)) return {.absent = true};
    found = entries_.emplace(address, Entry{}).first;
  }
  Entry& entry = found.value();
  if (entry.state == State::known) {
    const bool confirm = !entry.asking && now >= entry.next;
    if (confirm) start_asking(entry, now);
    return {.mac = entry.mac, .ask = confirm};
  }
  if (entry.state == State::absent) {
    if (now < entry.next) return {.absent = true};
    entry.state = State::unknown;
  }
  if (entry.asking) return {};
  start_asking(entry, now);
  return {.ask = true};
}

bool Neighbours::hold(const Address& address, wire::Bytes frame) {
  const auto found = entries_.find(address);
  if (found == entries_.end() || found->second.waiting.size() >= most_waiting_each) return false;
  const auto slot = held_.keep(frame);
  if (!slot) return false;
  found.value().waiting.push_back(*slot);
  return true;
}

void Neighbours::learn(const Address& address,
                       const MacAddress& mac,
                       Time now,
                       bool create,
                       const std::function<void(wire::MutableBytes)>& send) {
  auto found = entries_.find(address);
  if (found == entries_.end()) {
    if (!create || !make_room(now, Asker::others)) return;
    found = entries_.emplace(address, Entry{}).first;
  }
  Entry& entry = found.value();
  entry.mac = mac;
  entry.state = State::known;
  entry.asking = false;
  entry.next = now + known_for;
  const auto waiting = std::exchange(entry.waiting, {}); // `send` may come back here
  for (const FrameStore::Slot slot : waiting) {
    send(held_.at(slot));
    held_.release(slot);
  }
}

void Neighbours::forget(const std::function<void(wire::MutableBytes)>& give_up) {
  const auto entries = std::exchange(entries_, {});
  due_ = Time::max();
  give_up_lost(give_up);
  for (const auto& [address, entry] : entries)
    for (const FrameStore::Slot slot : entry.waiting) {
      give_up(held_.at(slot));
      held_.release(slot);
    }
}

void Neighbours::advance(Time now,
                         const std::function<void(const Address&)>& ask,
                         const std::function<void(wire::MutableBytes)>& give_up) {
  due_ = Time::max();
  std::vector<Address> again;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    Entry& entry = it.value();
    if (!entry.asking) continue;
    if (now >= entry.next && entry.asked >= most_questions) {
      entry.asking = false;
      entry.state = State::absent;
      entry.next = now + absent_for;
      lost_.insert(lost_.end(), entry.waiting.begin(), entry.waiting.end());
      entry.waiting.clear();
      continue;
    }
    if (now >= entry.next) {
      ++entry.asked;
      entry.next = now + between_questions;
      again.push_back(it->first);
    }
    due_ = std::min(due_, entry.next);
  }
  give_up_lost(give_up);
  for (const Address& address : again)
    ask(address);
}

void Neighbours::give_up_lost(const std::function<void(wire::MutableBytes)>& give_up) {
  for (const FrameStore::Slot slot : std::exchange(lost_, {})) {
    give_up(held_.at(slot));
    held_.release(slot);
  }
}

void Neighbours::start_asking(Entry& entry, Time now) {
  entry.asking = true;
  entry.asked = 1;
  entry.next = now + between_questions;
  due_ = std::min(due_, entry.next);
}

/// A full table forgets those that are absent and those that nobody confirmed for long, or else the
/// oldest question. A question of ours may also push out whom we knew longest: one guest that
/// claims many addresses, again and again, keeps no other from being found. An unasked claim pushes
/// out nobody, and no question unless it is questions that fill the table: those of a scan.
bool Neighbours::make_room(Time now, Asker asker) {
  if (entries_.size() < most_neighbours) return true;
  const auto forgettable = [now](const Entry& entry) {
    return !entry.asking && entry.waiting.empty() && now >= entry.next;
  };
  for (auto it = entries_.begin(); it != entries_.end();)
    it = forgettable(it->second) ? entries_.erase(it) : std::next(it);
  if (entries_.size() < most_neighbours) return true;
  const auto open = std::ranges::count_if(
      entries_, [](const auto& one) { return one.second.state == State::unknown; });
  const bool scanned = static_cast<std::size_t>(open) > most_neighbours / 2;
  return ((asker == Asker::we || scanned) && give_up_oldest_question(now)) ||
         (asker == Asker::we && forget_longest_known());
}

bool Neighbours::forget_longest_known() {
  auto longest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.state != State::known || it->second.asking) continue;
    if (longest == entries_.end() || it->second.next < longest->second.next) longest = it;
  }
  if (longest == entries_.end()) return false;
  entries_.erase(longest);
  return true;
}

bool Neighbours::give_up_oldest_question(Time now) {
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const auto asked_at = [](const Entry& entry) {
      return entry.next - entry.asked * between_questions;
    };
    if (it->second.state != State::unknown || !it->second.asking) continue;
    if (oldest == entries_.end() || asked_at(it->second) < asked_at(oldest->second)) oldest = it;
  }
  if (oldest == entries_.end()) return false;
  lost_.insert(lost_.end(), oldest->second.waiting.begin(), oldest->second.waiting.end());
  entries_.erase(oldest);
  due_ = std::min(due_, now); // for what was lost
  return true;
}

} // namespace hermesh
