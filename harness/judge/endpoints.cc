// SPDX-License-Identifier: MIT
#include "judge/endpoints.hh"

#include "base/error.hh"
#include "wire/frame.hh"
#include "wire/pcapng.hh"

#include <algorithm>
#include <map>
#include <optional>

namespace hermesh {
namespace {

/// Longer than a gateway takes to find its next hop (three questions, a second apart).
constexpr Duration longest_crossing = std::chrono::seconds{4};

struct Passage {
  Time time{0};
  std::uint64_t payload = 0;
  Endpoint source;
  Endpoint destination;
};

std::uint64_t hash_of_payload(wire::Bytes bytes) {
  std::uint64_t state = 0xcbf29ce484222325ULL ^ bytes.size();
  for (const auto byte : bytes)
    state = (state ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3ULL; // FNV-1a
  return state;
}

/// Every UDP packet that was switched, with the name of the port that it came in by.
template <typename Take>
void each_udp(const std::filesystem::path& captures, Time from, Take take) {
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(captures, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    if (entry->path().extension() != ".pcapng") continue;
    wire::read_pcapng(
        entry->path(), [&](const wire::CaptureInfo& info, const wire::CapturedFrame& frame) {
          if (frame.time < from || frame.comment.starts_with("dropped")) return;
          const auto summary = wire::summarise(frame.bytes);
          if (!summary || summary->protocol != wire::ip_protocol::udp || summary->fragment) return;
          take(info.ports.at(frame.port),
               Passage{.time = frame.time,
                       .payload = hash_of_payload(summary->data),
                       .source = summary->source,
                       .destination = summary->destination});
        });
  }
  if (problem) throw Error("read " + captures.string() + ": " + problem.message());
}

} // namespace

std::vector<SeenEndpoint>
external_endpoints(const std::filesystem::path& captures, const std::string& machine, Time from) {
  std::vector<Passage> sent;
  std::multimap<std::uint64_t, Passage> left; ///< by payload
  each_udp(captures, from, [&](const std::string& port, const Passage& passage) {
    if (port.starts_with(machine + ".eth")) sent.push_back(passage);
    if (port.ends_with(".outside")) left.emplace(passage.payload, passage);
  });
  std::ranges::stable_sort(sent, {}, &Passage::time);
  std::map<std::uint64_t, Time> sent_again; ///< the next packet of the same payload
  std::vector<SeenEndpoint> seen;
  for (auto packet = sent.rbegin(); packet != sent.rend(); ++packet) {
    const auto again = sent_again.find(packet->payload);
    const Time until = again == sent_again.end()
                           ? packet->time + longest_crossing
                           : std::min(again->second, packet->time + longest_crossing);
    sent_again[packet->payload] = packet->time;
    const Passage* last = nullptr;
    const auto [begin, end] = left.equal_range(packet->payload);
    for (auto it = begin; it != end; ++it)
      if (it->second.time >= packet->time && it->second.time < until &&
          (last == nullptr || it->second.time >= last->time))
        last = &it->second;
    if (last != nullptr)
      seen.push_back({.time = last->time,
                      .inside = packet->source,
                      .outside = last->source,
                      .remote = last->destination});
  }
  std::ranges::stable_sort(seen, {}, &SeenEndpoint::time);
  return seen;
}

std::uint16_t
busiest_port(const std::filesystem::path& captures, const std::string& machine, Time from) {
  std::map<std::uint16_t, std::size_t> packets;
  each_udp(captures, from, [&](const std::string& port, const Passage& passage) {
    if (port.starts_with(machine + ".eth")) ++packets[passage.source.port];
  });
  const auto most =
      std::ranges::max_element(packets, {}, [](const auto& row) { return row.second; });
  return most == packets.end() ? std::uint16_t{0} : most->first;
}

} // namespace hermesh
