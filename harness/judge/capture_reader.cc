// SPDX-License-Identifier: MIT
#include "judge/capture_reader.hh"

#include "judge/frame.hh"

#include <algorithm>
#include <string_view>

namespace hermesh {
namespace {

/// "eth" + digits: true for ("eth0", "eth").
bool is_numbered(std::string_view text, std::string_view stem) {
  if (!text.starts_with(stem) || text.size() == stem.size()) return false;
  return std::ranges::all_of(text.substr(stem.size()), [](char c) { return c >= '0' && c <= '9'; });
}

SeenPort
port_named(std::string_view name, std::span<const JudgedMachine> machines, std::uint32_t segment) {
  SeenPort port{.owner = std::string(name), .segment = segment};
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return port;
  const auto owner = name.substr(0, dot);
  const auto place = name.substr(dot + 1);
  const auto machine = std::ranges::find(machines, owner, &JudgedMachine::name);
  if (is_numbered(place, "eth") && machine != machines.end()) {
    port.kind = SeenPort::Kind::machine;
    port.machine = static_cast<std::size_t>(machine - machines.begin());
  } else if (is_numbered(place, "inside") || place == "outside") {
    port.kind = SeenPort::Kind::gateway;
  } else {
    return port;
  }
  port.owner = owner;
  return port;
}

bool is_lan_side(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && is_numbered(name.substr(dot + 1), "inside");
}

} // namespace

CaptureReader::CaptureReader(Sightings& into,
                             std::span<const JudgedMachine> machines,
                             const Sightings::Wanted& wanted)
    : into_(into), machines_(machines), wanted_(wanted),
      segment_(static_cast<std::uint32_t>(into.segment_is_lan_.size())),
      first_sighting_(into.all_.size()) {
  into_.segment_is_lan_.push_back(false);
}

void CaptureReader::read(const std::filesystem::path& file) {
  wire::read_pcapng(file, [this](const wire::CaptureInfo& info, const wire::CapturedFrame& frame) {
    learn_ports(info);
    // A dropped frame may bear the header of the segment that it came from.
    if (!frame.comment.starts_with("dropped")) learn_mac(ports_[frame.port], frame);
    take(ports_[frame.port], frame);
  });
  resolve();
}

void CaptureReader::learn_ports(const wire::CaptureInfo& info) {
  while (ports_.size() < info.ports.size()) {
    const auto& name = info.ports[ports_.size()];
    // A card that left and came back is written as one more interface, and is the same port.
    const auto known = std::ranges::find(info.ports, name) - info.ports.begin();
    if (static_cast<std::size_t>(known) < ports_.size()) {
      ports_.push_back(ports_[static_cast<std::size_t>(known)]);
      continue;
    }
    ports_.push_back(static_cast<std::uint32_t>(into_.ports_.size()));
    into_.ports_.push_back(port_named(name, machines_, segment_));
    if (is_lan_side(name)) into_.segment_is_lan_[segment_] = true;
  }
}

void CaptureReader::learn_mac(std::uint32_t port, const wire::CapturedFrame& frame) {
  const auto mac = source_mac(frame.bytes);
  if (!mac) return;
  const auto [known, fresh] = speaker_.try_emplace(*mac, port);
  if (!fresh && known->second != port) known->second = no_port;
}

void CaptureReader::take(std::uint32_t port, const wire::CapturedFrame& frame) {
  if (frame.time < wanted_.from || frame.time > wanted_.to) return;
  const auto facts = read_frame(frame.bytes);
  if (!facts || facts->length == 0) return;
  if (facts->udp && (facts->length < wanted_.shortest || facts->length > wanted_.longest)) return;
  into_.all_.push_back({.time = frame.time,
                        .payload = facts->payload,
                        .flow = facts->flow,
                        .length = facts->length,
                        .from = port,
                        .udp = facts->udp,
                        .dropped = frame.comment.starts_with("dropped"),
                        .was_switched = !frame.comment.starts_with("dropped before switching")});
  target_macs_.push_back(facts->target_mac);
}

void CaptureReader::resolve() {
  for (std::size_t i = 0; i < target_macs_.size(); ++i) {
    const auto speaker = speaker_.find(target_macs_[i]);
    if (speaker != speaker_.end()) into_.all_[first_sighting_ + i].to = speaker->second;
  }
}

} // namespace hermesh
