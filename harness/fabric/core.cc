// SPDX-License-Identifier: MIT
#include "fabric/core.hh"

#include "base/error.hh"
#include "base/suggest.hh"

namespace hermesh {
namespace {

/// Everything that a machine may have on its way at once, on all links together.
constexpr std::size_t in_flight_limit = 16384;

[[noreturn]] void
unknown(std::string_view kind, std::string_view name, const std::vector<std::string>& names) {
  throw Error("the fabric has no " + std::string(kind) + " '" + std::string(name) + "'" +
              did_you_mean(name, names));
}

} // namespace

Core::Core(const Network& network, Fabric::Hooks hooks)
    : hooks_(std::move(hooks)), seed_(network.seed), in_flight_(in_flight_limit) {
  for (const SegmentSpec& spec : network.segments)
    segments_.push_back({.spec = spec});
  for (const Card& card : network.cards) {
    const auto id = static_cast<std::uint32_t>(ports_.size());
    const std::string name = card.machine + "." + card.name;
    const std::uint32_t segment = segment_index(card.attachment.segment);
    ports_.push_back({.name = name,
                      .machine = card.machine,
                      .mac = card.mac,
                      .place = drops_.add_place(name),
                      .segment = segment,
                      .source = join(segment, name, PortKind::card, id, 0),
                      .link = Link(card.profile, derive_seed(network.seed, "link " + name))});
    segments_[segment].macs.pin(card.mac, ports_.back().source);
  }
  add_gateways(network);
}

void Core::add_gateways(const Network& network) {
  for (std::uint32_t index = 0; index < network.gateways.size(); ++index) {
    const GatewaySpec& spec = network.gateways[index].spec;
    std::vector<GatewayPlace> places;
    const auto touch = [&](const std::string& segment_name, const std::string& end) {
      const std::uint32_t segment = segment_index(segment_name);
      const auto side = static_cast<std::uint32_t>(places.size());
      const auto port = join(segment, spec.name + "." + end, PortKind::gateway, index, side);
      places.push_back({.segment = segment, .port = port});
    };
    touch(spec.outside.segment, "outside");
    for (std::size_t i = 0; i < spec.inside.size(); ++i)
      touch(spec.inside[i].segment, "inside" + std::to_string(i));
    gateways_.push_back(std::make_unique<GatewayEngine>(
        *this, GatewayPlan(network, index, places), drops_.add_place(spec.name)));
    for (std::uint32_t side = 0; side < places.size(); ++side)
      segments_[places[side].segment].macs.pin(gateways_.back()->mac(side), places[side].port);
  }
}

PortId Core::port(std::string_view card) const {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].name == card) return PortId{i};
    names.push_back(ports_[i].name);
  }
  unknown("port", card, names);
}

GatewayEngine& Core::gateway(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& gateway : gateways_) {
    if (gateway->name() == name) return *gateway;
    names.push_back(gateway->name());
  }
  unknown("gateway", name, names);
}

std::uint32_t Core::segment_index(std::string_view name) const {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].spec.name == name) return i;
    names.push_back(segments_[i].spec.name);
  }
  unknown("segment", name, names);
}

Core::Port& Core::at(PortId port) {
  const auto index = static_cast<std::size_t>(port);
  if (index >= ports_.size()) throw Error("the fabric has no port " + std::to_string(index));
  return ports_[index];
}

/// A port that comes back to a segment gets its old index, so that captures call it by one name.
std::uint32_t Core::join(std::uint32_t segment,
                         const std::string& name,
                         PortKind kind,
                         std::uint32_t owner,
                         std::uint32_t side) {
  auto& ports = segments_[segment].ports;
  for (std::uint32_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == name) {
      ports[i].kind = kind;
      return i;
    }
  ports.push_back({.name = name, .kind = kind, .owner = owner, .side = side});
  return static_cast<std::uint32_t>(ports.size() - 1);
}

PortId Core::attach(std::string_view segment, const MacAddress& mac) {
  const auto id = static_cast<std::uint32_t>(ports_.size());
  const std::string name = "certify" + std::to_string(attached_++);
  const std::uint32_t index = segment_index(segment);
  const std::uint32_t source = join(index, name, PortKind::card, id, 0);
  ports_.push_back({.name = name,
                    .machine = {},
                    .mac = mac,
                    .place = drops_.add_place(name),
                    .segment = index,
                    .source = source,
                    .link = Link(Profile{}, 0)});
  segments_[index].macs.pin(mac, source);
  return PortId{id};
}

void Core::detach(PortId port) {
  Port& gone = at(port);
  gone.detached = true;
  segments_[gone.segment].ports[gone.source].kind = PortKind::gone;
  segments_[gone.segment].macs.forget(gone.source);
}

void Core::move(PortId port, std::string_view segment) {
  Port& moved = at(port);
  const std::uint32_t target = segment_index(segment);
  if (moved.detached || target == moved.segment) return;
  segments_[moved.segment].ports[moved.source].kind = PortKind::gone;
  segments_[moved.segment].macs.forget(moved.source);
  moved.segment = target;
  moved.source = join(target, moved.name, PortKind::card, static_cast<std::uint32_t>(port), 0);
  segments_[target].macs.pin(moved.mac, moved.source);
}

void Core::cut(std::string_view machine, bool on) {
  std::vector<std::string> names;
  bool found = false;
  for (Port& port : ports_) {
    names.push_back(port.machine);
    if (port.machine.empty() || port.machine != machine) continue;
    port.cut = on;
    found = true;
  }
  if (!found) unknown("machine", machine, names);
}

void Core::impair(PortId card, const Profile& profile) {
  Port& port = at(card);
  // Drawn anew each time: an event that comes twice does not do the same to the same frames.
  const std::string what = "link " + port.name + " " + std::to_string(++impairments_);
  port.link = Link(profile, derive_seed(seed_, what));
}

void Core::full(PortId port, bool on) {
  at(port).full = on;
}

std::vector<FlowRow> Core::flows() const {
  std::vector<FlowRow> rows;
  for (const Segment& segment : segments_)
    for (const SegmentPort& port : segment.ports)
      port.flows.append_rows(port.name, rows);
  return rows;
}

std::vector<std::string> Core::segment_ports(std::size_t segment) const {
  if (segment >= segments_.size())
    throw Error("the fabric has no segment " + std::to_string(segment));
  std::vector<std::string> names;
  for (const SegmentPort& port : segments_[segment].ports)
    names.push_back(port.name);
  return names;
}

} // namespace hermesh
