// SPDX-License-Identifier: MIT
#include "fabric/fragments.hh"

#include "fabric/core.hh"

#include <algorithm>
#include <utility>

namespace hermesh {
namespace {

/// Also when `resume` throws: a hook may.
class Resuming {
public:
  explicit Resuming(bool& flag) : flag_(flag), before_(std::exchange(flag, true)) {}
  ~Resuming() { flag_ = before_; }
  Resuming(const Resuming&) = delete;
  Resuming& operator=(const Resuming&) = delete;

private:
  bool& flag_;
  bool before_;
};

} // namespace

Fragments::Key Fragments::key_of(const wire::IpHeader& ip, const Transit& transit) {
  return {.source = ip.source,
          .destination = ip.destination,
          .identification = ip.identification,
          // Of IPv6 it is no part of the key (RFC 8200 section 4.5), nor the same in all pieces.
          .protocol = ip.source.is_v4() ? ip.protocol : std::uint8_t{0},
          .port = std::uint64_t{transit.segment} << 32 | transit.source};
}

std::optional<Fragments::Decision> Fragments::find(const wire::IpHeader& ip,
                                                   const Transit& transit) const {
  const auto found = datagrams_.find(key_of(ip, transit));
  if (found == datagrams_.end()) return std::nullopt;
  return found->second.decision;
}

bool Fragments::admit(const wire::IpHeader& ip, const Transit& transit) {
  if (!ip.is_fragment() || resuming_) return true;
  const auto key = key_of(ip, transit);
  const std::uint32_t begin = ip.fragment_offset;
  const Range range{.begin = begin, .end = begin + static_cast<std::uint32_t>(ip.fragment_size())};
  Datagram& datagram = open(key);
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
  drop_all(shares_[key.port], std::exchange(datagram.waiting, {}), DropReason::fragment_overlap);
  return false;
}

bool Fragments::hold(const wire::IpHeader& ip, const Transit& transit) {
  const auto key = key_of(ip, transit);
  Datagram& datagram = open(key);
  const auto slot = shares_[key.port].held.keep(transit.frame);
  if (!slot) return false;
  datagram.waiting.push_back({.slot = *slot, .segment = transit.segment, .source = transit.source});
  return true;
}

void Fragments::decide(const wire::IpHeader& ip,
                       const Transit& transit,
                       const Decision& decision,
                       const Visit& resume) {
  if (!ip.is_fragment() || !ip.has_upper_header()) return;
  const auto key = key_of(ip, transit);
  Datagram& datagram = open(key);
  datagram.decision = decision;
  const auto waiting = std::exchange(datagram.waiting, {});
  const Resuming resuming(resuming_);
  hand_over(shares_[key.port], waiting, resume);
}

Time Fragments::due() const {
  Time due = Time::max();
  for (const auto& [port, share] : shares_)
    if (!share.order.empty()) due = std::min(due, share.order.front().until);
  return due;
}

void Fragments::advance(Time now) {
  for (auto& [port, share] : shares_)
    while (!share.order.empty() && share.order.front().until <= now)
      forget_oldest(share);
  // Virtual hosts come and go, each by a port of its own.
  std::erase_if(shares_, [](const auto& one) { return one.second.order.empty(); });
}

Fragments::Datagram& Fragments::open(const Key& key) {
  const auto known = datagrams_.find(key);
  if (known != datagrams_.end()) return known.value();
  Share& share = shares_[key.port];
  if (share.order.size() >= most_datagrams) forget_oldest(share);
  share.order.push_back({.key = key, .until = core_.now() + patience});
  core_.wake_at(share.order.front().until);
  return datagrams_.emplace(key, Datagram{}).first.value();
}

void Fragments::forget_oldest(Share& share) {
  const auto oldest = datagrams_.find(share.order.front().key);
  share.order.pop_front();
  const auto waiting = std::move(oldest.value().waiting);
  datagrams_.erase(oldest);
  drop_all(share, waiting, DropReason::fragment_timeout);
}

void Fragments::drop_all(Share& share, const std::vector<Waiting>& waiting, DropReason reason) {
  hand_over(share, waiting, [&](const Transit& transit) { drop_(transit, reason); });
}

void Fragments::hand_over(Share& share, const std::vector<Waiting>& waiting, const Visit& to) {
  for (const Waiting& one : waiting) {
    to({.segment = one.segment, .source = one.source, .frame = share.held.at(one.slot)});
    share.held.release(one.slot);
  }
}

} // namespace hermesh
