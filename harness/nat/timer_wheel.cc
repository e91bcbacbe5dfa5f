// SPDX-License-Identifier: MIT
#include "nat/timer_wheel.hh"

namespace hermesh::nat {

void TimerWheel::schedule(Index entry, Time deadline) {
  if (links_.size() <= entry) links_.resize(entry + std::size_t{1});
  remove(entry);
  Link& link = links_[entry];
  link.tick = std::clamp(due_tick(deadline), current_ + 1, current_ + std::int64_t{slots} - 1);
  Index& head = heads_[slot_of(link.tick)];
  link.next = head;
  if (head != no_index) links_[head].previous = entry;
  head = entry;
}

void TimerWheel::remove(Index entry) {
  if (entry >= links_.size() || links_[entry].tick < 0) return;
  const Link link = links_[entry];
  (link.previous == no_index ? heads_[slot_of(link.tick)] : links_[link.previous].next) = link.next;
  if (link.next != no_index) links_[link.next].previous = link.previous;
  links_[entry] = {};
}

void TimerWheel::clear() {
  heads_.fill(no_index);
  links_.clear();
  current_ = -1; // its owner's clock may begin anew
}

} // namespace hermesh::nat
