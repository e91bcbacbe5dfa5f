// SPDX-License-Identifier: MIT
#pragma once

#include "model/network.hh"
#include "runner/frame_hub.hh"

#include <optional>
#include <vector>

namespace hermesh {

/// One question, and when it was answered.
struct Knock {
  Time asked{0};
  std::optional<Time> answered{};

  bool operator==(const Knock&) const = default;
};

/// A virtual host on a segment that asks machines whether they are there, by ARP, without telling
/// an address of its own (RFC 5227 section 1.1: a probe), so that nobody's tables change. The
/// answer comes from the machine's kernel, over its card and its link, whatever VPN runs there.
/// Each question has a MAC address of its own, so that its answer is known.
class Knocker {
public:
  Knocker(FrameHub& hub, const Network& network, const std::string& segment);
  ~Knocker();
  Knocker(const Knocker&) = delete;
  Knocker& operator=(const Knocker&) = delete;

  void knock(const Address& machine);
  /// A datagram to a port of the machine; the machine's refusal (port unreachable) is counted.
  void ask_port(const Address& machine, const MacAddress& mac, std::uint16_t port);

  /// In order of time.
  std::vector<Knock> knocks();
  std::size_t refusals();

private:
  MacAddress mac_of(std::size_t question) const;
  void take(Fabric& fabric, std::span<const std::byte> frame, Time now);

  FrameHub* hub_;
  MacAddress mac_{};
  Address address_{};
  // Below: touched in the loop's thread only.
  FrameHub::Place place_{};
  PortId port_{};
  std::vector<Knock> knocks_{};
  std::size_t refusals_ = 0;
};

} // namespace hermesh
