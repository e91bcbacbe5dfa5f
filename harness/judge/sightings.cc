// SPDX-License-Identifier: MIT
#include "judge/sightings.hh"

#include "base/error.hh"
#include "judge/capture_reader.hh"

#include <algorithm>
#include <numeric>
#include <ranges>

namespace hermesh {
namespace {

/// More gateways in a row than any topology has; ends a walk that goes in a circle at one moment.
constexpr int most_hops = 16;

} // namespace

Sightings::Sightings(const std::filesystem::path& captures,
                     std::span<const JudgedMachine> machines,
                     const Wanted& wanted) {
  std::error_code problem;
  std::vector<std::filesystem::path> files;
  for (auto entry = std::filesystem::directory_iterator(captures, problem);
       !problem && entry != std::filesystem::directory_iterator();
       entry.increment(problem))
    if (entry->path().extension() == ".pcapng") files.push_back(entry->path());
  if (problem) throw Error("read " + captures.string() + ": " + problem.message());
  std::ranges::sort(files); // the same result whatever order the directory has
  for (const auto& file : files)
    CaptureReader(*this, machines, wanted).read(file);
  finish();
}

void Sightings::finish() {
  std::ranges::stable_sort(all_, {}, &Sighting::time);
  by_payload_.resize(all_.size());
  std::iota(by_payload_.begin(), by_payload_.end(), 0U);
  std::ranges::stable_sort(by_payload_, {}, [this](std::uint32_t i) { return all_[i].payload; });
  cancel_dropped();
}

/// A frame that is dropped after it was switched (a gateway's filter, a card without room) is in
/// the capture twice: when it was switched, and when it was dropped. It went no further, so the
/// first record does not count either.
void Sightings::cancel_dropped() {
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    const auto& dropped = all_[i];
    if (!dropped.dropped || !dropped.was_switched) continue;
    for (const auto j : until(dropped) | std::views::reverse) {
      auto& earlier = all_[j];
      if (earlier.dropped || earlier.from != dropped.from) continue;
      earlier.dropped = true;
      break;
    }
  }
}

/// All with the same payload, on any segment, up to that moment.
std::span<const std::uint32_t> Sightings::until(const Sighting& sighting) const {
  const auto same = std::ranges::equal_range(
      by_payload_, sighting.payload, {}, [this](std::uint32_t i) { return all_[i].payload; });
  const auto end = std::ranges::upper_bound(
      same, sighting.time, {}, [this](std::uint32_t i) { return all_[i].time; });
  return {same.begin(), end};
}

std::vector<std::uint32_t> Sightings::arrivals(std::size_t machine) const {
  const auto is_card = [&](std::uint32_t port) {
    return port != no_port && ports_[port].kind == SeenPort::Kind::machine &&
           ports_[port].machine == machine;
  };
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < all_.size(); ++i)
    if (!all_[i].dropped && is_card(all_[i].to) && !is_card(all_[i].from)) found.push_back(i);
  return found;
}

/// The latest frame with this payload that went into the gateway which `out` came from. Gateways
/// rewrite headers, never payloads; a gateway forwards in the order of arrival, so what it sent at
/// a moment is the last that came.
std::optional<std::uint32_t> Sightings::into_gateway(const Sighting& out) const {
  const auto& gateway = ports_[out.from].owner;
  const auto is_gateways = [&](std::uint32_t port) {
    return port != no_port && ports_[port].kind == SeenPort::Kind::gateway &&
           ports_[port].owner == gateway;
  };
  for (const auto i : until(out) | std::views::reverse) {
    const auto& in = all_[i];
    if (!in.dropped && is_gateways(in.to) && !is_gateways(in.from)) return i;
  }
  return std::nullopt;
}

std::optional<Origin> Sightings::origin(std::uint32_t index) const {
  for (int hops = 0; hops < most_hops; ++hops) {
    const auto& port = ports_[all_[index].from];
    if (port.kind == SeenPort::Kind::machine)
      return Origin{.machine = port.machine, .on_lan = hops == 0 && segment_is_lan_[port.segment]};
    if (port.kind == SeenPort::Kind::other) return std::nullopt;
    const auto before = into_gateway(all_[index]);
    if (!before) return std::nullopt;
    index = *before;
  }
  return std::nullopt;
}

} // namespace hermesh
