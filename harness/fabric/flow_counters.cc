// SPDX-License-Identifier: MIT
#include "fabric/flow_counters.hh"

#include "wire/frame.hh"

#include <limits>

namespace hermesh {
namespace {

constexpr std::uint32_t the_rest = std::numeric_limits<std::uint32_t>::max();

} // namespace

void FlowCounters::count(wire::Bytes frame) {
  Fingerprint fingerprint;
  const bool plain = take_fingerprint(frame, fingerprint);
  if (!plain || fingerprint != last_) {
    last_index_ = index_of(key_of(frame));
    last_ = fingerprint; // all zero for other frames, which no plain one is
  }
  Flow& flow = last_index_ == the_rest ? rest_ : flows_[last_index_];
  ++flow.frames;
  flow.bytes += frame.size();
}

/// Only a whole UDP or TCP packet without options over IPv4 has one.
bool FlowCounters::take_fingerprint(wire::Bytes frame, Fingerprint& fingerprint) {
  constexpr std::size_t ip = wire::ethernet_header_size;
  if (frame.size() < ip + wire::ipv4_header_size + 8) return false;
  const std::byte* p = frame.data();
  const std::uint8_t protocol = wire::load8(p + ip + 9);
  if (wire::load16(p + 12) != wire::ether_type::ipv4 || wire::load8(p + ip) != 0x45 ||
      (wire::load16(p + ip + 6) & 0x3fff) != 0 ||
      (protocol != wire::ip_protocol::udp && protocol != wire::ip_protocol::tcp))
    return false;
  fingerprint.protocol = protocol;
  std::memcpy(&fingerprint.addresses, p + ip + 12, 8);
  std::memcpy(&fingerprint.ports, p + ip + wire::ipv4_header_size, 4);
  return true;
}

FlowCounters::Key FlowCounters::key_of(wire::Bytes frame) {
  const auto summary = wire::summarise(frame);
  if (!summary || !summary->is_ip()) return {};
  Key key{.source = summary->source, .destination = summary->destination};
  switch (summary->protocol) {
  case wire::ip_protocol::udp: key.kind = Kind::udp; break;
  case wire::ip_protocol::tcp: key.kind = Kind::tcp; break;
  case wire::ip_protocol::icmp:
  case wire::ip_protocol::icmpv6: key.kind = Kind::icmp; break;
  default: break;
  }
  return key;
}

std::uint32_t FlowCounters::index_of(const Key& key) {
  if (const auto known = index_.find(key); known != index_.end()) return known->second;
  if (flows_.size() >= most_flows) return the_rest;
  const auto index = static_cast<std::uint32_t>(flows_.size());
  flows_.push_back({.key = key});
  index_.emplace(key, index);
  return index;
}

void FlowCounters::append_rows(const std::string& port, std::vector<FlowRow>& rows) const {
  constexpr std::array<const char*, 4> names{"udp", "tcp", "icmp", "other"};
  const auto text = [](const Endpoint& end) {
    if (end.address.is_unspecified()) return std::string{};
    return end.port == 0 ? to_string(end.address) : to_string(end);
  };
  for (const Flow& flow : flows_)
    rows.push_back({.port = port,
                    .protocol = names[static_cast<std::size_t>(flow.key.kind)],
                    .source = text(flow.key.source),
                    .destination = text(flow.key.destination),
                    .frames = flow.frames,
                    .bytes = flow.bytes});
  if (rest_.frames > 0)
    rows.push_back({.port = port,
                    .protocol = "other",
                    .source = "other",
                    .destination = "other",
                    .frames = rest_.frames,
                    .bytes = rest_.bytes});
}

} // namespace hermesh
