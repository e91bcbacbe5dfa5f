// SPDX-License-Identifier: MIT
#include "synthetic_lab.hh"

#include "probe/protocol.hh"
#include "wire/bytes.hh"
#include "wire/checksum.hh"
#include "wire/pcapng.hh"

#include <algorithm>
#include <fstream>
#include <span>
#include <stdexcept>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t epoch = 1'800'000'000'000'000'000ULL;
constexpr std::uint64_t code_seed = 4711;

void append(SyntheticLab::Payload& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;)
    out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

std::uint64_t mac_of(const std::string& port) {
  return 0x020000000000ULL | (derive_seed(7, port) & 0xffffffffffULL);
}

/// Both homes have the same prefix and the same host.
std::uint32_t address_of(const std::string& port) {
  if (port == "a.eth0" || port == "b.eth0") return 0xc0a8010a;
  if (port.ends_with("inside0")) return 0xc0a80101;
  return 0x50640000 | static_cast<std::uint32_t>(derive_seed(9, port) & 0xffff);
}

SyntheticLab::Payload ethernet(const SyntheticLab::Frame& frame) {
  SyntheticLab::Payload out;
  const std::size_t header = frame.tcp ? 20 : 8;
  append(out, mac_of(frame.to), 6);
  append(out, mac_of(frame.from), 6);
  append(out, 0x0800, 2);
  append(out, 0x4500, 2);
  append(out, 20 + header + frame.payload.size(), 2);
  append(out, 0, 4); // identification, no fragment
  append(out, 64, 1);
  append(out, frame.tcp ? 6 : 17, 1);
  append(out, 0, 2);
  append(out, address_of(frame.from), 4);
  append(out, address_of(frame.to), 4);
  const auto ip = std::span(out).last(20);
  wire::store16(ip.data() + 10, wire::checksum_of(wire::sum_of(ip)));
  append(out, 443, 2);
  append(out, 4242, 2);
  if (frame.tcp) {
    append(out, 0, 8);
    append(out, 0x5018, 2);
    append(out, 0, 6);
  } else {
    append(out, 8 + frame.payload.size(), 2);
    append(out, 0, 2);
  }
  out.insert(out.end(), frame.payload.begin(), frame.payload.end());
  return out;
}

struct Hop {
  std::string segment;
  std::string from;
  std::string to;
};

std::string gateway_of(const std::string& machine) {
  return machine == "a" || machine == "b" ? "gw-" + machine : "";
}

std::vector<Hop> hops(const std::string& from, const std::string& to) {
  const auto out = gateway_of(from);
  const auto in = gateway_of(to);
  std::vector<Hop> path;
  if (!out.empty()) path.push_back({"home-" + from, from + ".eth0", out + ".inside0"});
  path.push_back({"internet",
                  out.empty() ? from + ".eth0" : out + ".outside",
                  in.empty() ? to + ".eth0" : in + ".outside"});
  if (!in.empty()) path.push_back({"home-" + to, in + ".inside0", to + ".eth0"});
  return path;
}

} // namespace

SyntheticLab::SyntheticLab(std::uint64_t seed) : random_(seed) {
  segments_["home-a"] = {{"a.eth0", "gw-a.inside0"}};
  segments_["internet"] = {{"gw-a.outside", "gw-b.outside", "r.eth0", "c.eth0"}};
  segments_["home-b"] = {{"b.eth0", "gw-b.inside0"}};
}

std::vector<JudgedMachine> SyntheticLab::machines() {
  return {{.name = "a"}, {.name = "b"}, {.name = "r", .infrastructure = true}, {.name = "c"}};
}

void SyntheticLab::add_port(const std::string& segment, const std::string& port) {
  segments_.at(segment).ports.push_back(port);
}

SyntheticLab::Payload SyntheticLab::random_payload(std::size_t length) {
  Payload payload(length);
  for (auto& byte : payload)
    byte = static_cast<std::byte>(random_.next() >> 56);
  return payload;
}

void SyntheticLab::put(Frame frame) {
  segments_.at(frame.segment).frames.push_back(std::move(frame));
}

void SyntheticLab::carry(
    const std::string& from, const std::string& to, Time time, const Payload& payload, bool tcp) {
  for (const auto& hop : hops(from, to))
    put({.segment = hop.segment,
         .from = hop.from,
         .to = hop.to,
         .time = time,
         .payload = payload,
         .tcp = tcp});
}

void SyntheticLab::carry_in_vain(const std::string& from,
                                 const std::string& to,
                                 Time time,
                                 const Payload& payload) {
  auto path = hops(from, to);
  path.pop_back(); // the last gateway has it and drops it
  for (const auto& hop : path)
    put({.segment = hop.segment, .from = hop.from, .to = hop.to, .time = time, .payload = payload});
  put({.segment = path.back().segment,
       .from = path.back().from,
       .to = path.back().to,
       .time = time,
       .payload = payload,
       .dropped = true});
}

Time SyntheticLab::travel(const Travel& t) {
  const auto payload = random_payload(t.length + t.overhead);
  if (t.way == Way::direct) {
    carry(t.from, t.to, t.sent + t.leg, payload, t.tcp);
    return t.sent + t.leg + 1ms; // the receiver's program is woken a little later
  }
  const std::string relay = t.way == Way::via_r ? "r" : "c";
  carry(t.from, relay, t.sent + t.leg, payload, t.tcp);
  carry(relay,
        t.to,
        t.sent + 2 * t.leg,
        t.forwarded_as_is ? payload : random_payload(payload.size()),
        t.tcp);
  return t.sent + 2 * t.leg + 1ms;
}

const std::filesystem::path& SyntheticLab::write(std::size_t snap) {
  for (auto& [name, segment] : segments_) {
    std::ranges::stable_sort(segment.frames, {}, &Frame::time);
    std::vector<std::byte> out;
    wire::write_pcapng_header(out, name, segment.ports, epoch);
    const auto index = [&, &ports = segment.ports](const std::string& port) {
      const auto found = std::ranges::find(ports, port);
      if (found == ports.end()) throw std::logic_error("no port " + port);
      return static_cast<std::uint32_t>(found - ports.begin());
    };
    for (const auto& port : segment.ports) { // everybody has spoken once: an ARP request
      Payload arp;
      append(arp, 0xffffffffffffULL, 6);
      append(arp, mac_of(port), 6);
      append(arp, 0x0806, 2);
      arp.resize(60);
      wire::write_pcapng_packet(out, index(port), epoch, Time{1ms}, arp, snap, "");
    }
    for (const auto& frame : segment.frames)
      wire::write_pcapng_packet(out,
                                index(frame.from),
                                epoch,
                                frame.time,
                                ethernet(frame),
                                snap,
                                frame.never_switched ? "dropped before switching: link-loss"
                                : frame.dropped      ? "dropped: nat-filtered"
                                                     : "");
    const auto bytes = std::as_bytes(std::span(out));
    std::ofstream(directory_.path() / (name + ".pcapng"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  return directory_.path();
}

DirectionVerdict SyntheticLab::judge(const ProbeTrack& track, std::size_t snap) {
  return hermesh::judge(write(snap), machines(), track);
}

ProbeRecord probe_number(std::uint32_t sequence, unsigned kind) {
  return {.sequence = sequence,
          .length = probe::code_length(code_seed, sequence, kind),
          .sent = Time{1s} + sequence * 100ms};
}

std::string describe(const DirectionVerdict& verdict) {
  std::string text;
  for (const auto& interval : verdict.timeline) {
    if (!text.empty()) text += ", ";
    text += interval.path.via.empty() ? std::to_string(static_cast<int>(interval.path.kind))
                                      : "via " + interval.path.via;
    text += " x" + std::to_string(interval.probes);
  }
  return text;
}

} // namespace hermesh::testing
