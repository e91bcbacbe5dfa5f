// SPDX-License-Identifier: MIT
#include "judge/match.hh"

#include "probe/protocol.hh"

#include <algorithm>
#include <bitset>

namespace hermesh {
namespace {

/// A VPN adds the same to each packet on one path, but for padding.
constexpr std::size_t overhead_tolerance = 8;
/// How many probes on either side are asked whether they saw the same.
constexpr std::size_t neighbours = 10;
constexpr unsigned enough_hits = 3;
/// A sender whose other frames fit no probe within so long is quiet: what fits one is no accident.
constexpr Duration quiet = std::chrono::seconds{1};

using Overheads = std::bitset<probe::step>;

struct Arrival {
  const Sighting* frame = nullptr;
  std::optional<Origin> origin{};
  bool fits = false; ///< it may be some probe's
  bool taken = false;
};

/// A frame that may have brought the probe.
struct Candidate {
  std::size_t arrival = 0;
  std::size_t sender = 0;
  std::size_t overhead = 0;
};

/// How many of the neighbouring probes could have come from the same sender with about the same
/// overhead.
struct Support {
  unsigned hits = 0;
  unsigned exact = 0; ///< of these, how many with just the same overhead
  unsigned symbols = 0;
  unsigned asked = 0;

  /// A stream of frames of one length fits every probe of one symbol; noise fits few probes. The
  /// fourth part leaves room for a path that is used by turns.
  bool convincing() const { return symbols >= 2 && hits >= std::max(enough_hits, asked / 4); }
  /// Most VPNs pad nothing, or always alike: the same overhead to the byte tells them from noise.
  unsigned rank() const { return hits + exact; }
};

class Matcher {
public:
  Matcher(const Sightings& sightings,
          std::span<const std::uint32_t> arrivals,
          const std::vector<ProbeRecord>& probes,
          std::size_t machines,
          Trust trust)
      : probes_(probes), machines_(machines), trust_(trust) {
    for (const auto index : arrivals)
      if (sightings.at(index).udp)
        arrivals_.push_back({.frame = &sightings.at(index), .origin = sightings.origin(index)});
    for (std::size_t i = 0; i < probes.size(); ++i)
      if (probes[i].received) received_.push_back(i);
  }

  void match(Origins& origins) {
    find_candidates();
    // In the order of arrival: a frame that brought one probe did not bring the next.
    std::vector<std::size_t> order(received_.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::ranges::stable_sort(
        order, {}, [&](std::size_t i) { return *probes_[received_[i]].received; });
    for (const auto i : order) {
      const auto chosen = choose(i);
      if (!chosen) continue;
      arrivals_[*chosen].taken = true;
      auto& origin = origins[received_[i]];
      if (!origin) origin = arrivals_[*chosen].origin;
    }
  }

private:
  void find_candidates() {
    candidates_.resize(received_.size());
    seen_.assign(received_.size(), std::vector<Overheads>(machines_));
    for (std::size_t i = 0; i < received_.size(); ++i) {
      const auto& probe = probes_[received_[i]];
      const auto [first, last] = between(probe.sent - clock_slack, *probe.received + clock_slack);
      for (auto j = first; j < last; ++j)
        consider(i, probe.length, j);
    }
  }

  void consider(std::size_t i, std::size_t length, std::size_t j) {
    auto& arrival = arrivals_[j];
    const auto frame = arrival.frame->length;
    if (frame < length || frame - length >= probe::step) return;
    arrival.fits = true;
    if (!arrival.origin) return;
    const auto overhead = frame - length;
    candidates_[i].push_back(
        {.arrival = j, .sender = arrival.origin->machine, .overhead = overhead});
    seen_[i][arrival.origin->machine].set(overhead);
  }

  std::pair<std::size_t, std::size_t> between(Time from, Time to) const {
    const auto time = [](const Arrival& arrival) { return arrival.frame->time; };
    const auto first = std::ranges::lower_bound(arrivals_, from, {}, time) - arrivals_.begin();
    const auto last = std::ranges::upper_bound(arrivals_, to, {}, time) - arrivals_.begin();
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
  }

  Support support(std::size_t i, const Candidate& candidate) const {
    const auto first = i - std::min(i, neighbours);
    const auto last = std::min(i + neighbours, received_.size() - 1);
    const auto low = candidate.overhead - std::min(candidate.overhead, overhead_tolerance);
    const auto high =
        std::min<std::size_t>(candidate.overhead + overhead_tolerance, probe::step - 1);
    Support support;
    std::bitset<probe::symbols> symbols;
    for (auto j = first; j <= last; ++j) {
      ++support.asked;
      const auto& seen = seen_[j][candidate.sender];
      bool hit = false;
      for (auto overhead = low; overhead <= high && !hit; ++overhead)
        hit = seen.test(overhead);
      if (!hit) continue;
      ++support.hits;
      if (seen.test(candidate.overhead)) ++support.exact;
      const auto length = std::max(probes_[received_[j]].length, probe::shortest);
      symbols.set(
          std::min<std::size_t>((length - probe::shortest) / probe::step, probe::symbols - 1));
    }
    support.symbols = static_cast<unsigned>(symbols.count());
    return support;
  }

  /// All candidates of one sender, who sent nothing else of such a length around then.
  bool beyond_doubt(std::size_t i) const {
    const auto& candidates = candidates_[i];
    if (candidates.empty()) return false;
    const auto sender = candidates.front().sender;
    if (!std::ranges::all_of(candidates,
                             [&](const Candidate& one) { return one.sender == sender; }))
      return false;
    const auto& probe = probes_[received_[i]];
    const auto [first, last] = between(probe.sent - quiet, *probe.received + quiet);
    for (auto j = first; j < last; ++j) {
      const auto& other = arrivals_[j];
      if (!other.fits && other.origin && other.origin->machine == sender) return false;
    }
    return true;
  }

  /// The arrival that brought the probe: of the convincing candidates the first that came, because
  /// later copies (a VPN that sends by two ways) are not what the receiver counted.
  std::optional<std::size_t> choose(std::size_t i) const {
    std::vector<std::pair<Support, std::size_t>> convincing;
    unsigned most = 0;
    for (const auto& candidate : candidates_[i]) {
      const auto found = support(i, candidate);
      if (!found.convincing()) continue;
      convincing.emplace_back(found, candidate.arrival);
      most = std::max(most, found.rank());
    }
    if (convincing.empty() && trust_ == Trust::itself_alone && beyond_doubt(i))
      for (const auto& candidate : candidates_[i])
        convincing.emplace_back(Support{}, candidate.arrival);
    for (const auto& [found, arrival] : convincing) // in order of time
      if (found.rank() * 3 >= most && !arrivals_[arrival].taken) return arrival;
    return std::nullopt;
  }

  const std::vector<ProbeRecord>& probes_;
  std::size_t machines_;
  Trust trust_;
  std::vector<Arrival> arrivals_{}; ///< in order of time
  std::vector<std::size_t>
      received_{}; ///< indices of the probes that arrived; `i` above counts these
  std::vector<std::vector<Candidate>> candidates_{};
  std::vector<std::vector<Overheads>> seen_{}; ///< by probe and sender
};

} // namespace

void match_datagrams(const Sightings& sightings,
                     std::span<const std::uint32_t> arrivals,
                     const std::vector<ProbeRecord>& probes,
                     std::size_t machines,
                     Trust trust,
                     Origins& origins) {
  Matcher(sightings, arrivals, probes, machines, trust).match(origins);
}

} // namespace hermesh
