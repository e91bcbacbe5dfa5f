// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "base/temp_dir.hh"
#include "base/time.hh"
#include "judge/judge.hh"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hermesh::testing {

/// How a probe goes.
enum class Way : std::uint8_t { direct, via_r, via_c };

/// Captures of a lab that never was: A and B behind a home gateway each (both on 192.168.1.0/24,
/// both .10), R (a relay server) and C (a member) on the internet segment. Frames go where a test
/// sends them.
class SyntheticLab {
public:
  explicit SyntheticLab(std::uint64_t seed = 1);

  using Payload = std::vector<std::byte>;
  Payload random_payload(std::size_t length);

  /// One frame on one segment. `dropped`: the record that the fabric writes when it drops a frame.
  struct Frame {
    std::string segment;
    std::string from; ///< ports
    std::string to;
    Time time{0};
    Payload payload;
    bool dropped = false;
    bool tcp = false;
    bool never_switched = false; ///< dropped by the link in front of the segment
  };
  void put(Frame frame);
  /// Across gateways, at one moment, as the fabric does it. Machine names; a and b have their
  /// gateways.
  void carry(const std::string& from,
             const std::string& to,
             Time time,
             const Payload& payload,
             bool tcp = false);
  /// The same, but the gateway of `to` drops it.
  void
  carry_in_vain(const std::string& from, const std::string& to, Time time, const Payload& payload);

  /// A VPN's packet from `from` to `to`: encrypted anew by a relay unless `forwarded_as_is`.
  /// Returns when it is there.
  struct Travel {
    std::string from = "a";
    std::string to = "b";
    Way way = Way::direct;
    Time sent{0};
    std::size_t length = 0; ///< of the probe
    std::size_t overhead = 60;
    Duration leg = std::chrono::milliseconds{10}; ///< between any two machines
    bool forwarded_as_is = false;
    bool tcp = false;
  };
  Time travel(const Travel& travel);

  /// Write the captures (frames after `full` bytes per file keep 128 bytes) and judge. Frames are
  /// sorted by time.
  DirectionVerdict judge(const ProbeTrack& track, std::size_t snap = 4096);
  const std::filesystem::path& write(std::size_t snap = 4096);

  /// Each with a card eth0; `r` is infrastructure.
  static std::vector<JudgedMachine> machines();
  /// Cards beside those of the lab: "d.eth0" on a segment.
  void add_port(const std::string& segment, const std::string& port);

private:
  struct Segment {
    std::vector<std::string> ports;
    std::vector<Frame> frames{};
  };

  std::map<std::string, Segment> segments_{};
  Random random_;
  TempDir directory_{"hermesh-test"};
};

/// The probes of one direction: lengths by the code, one each 100 ms from 1 s on.
ProbeRecord probe_number(std::uint32_t sequence, unsigned kind = 0);

std::string describe(const DirectionVerdict& verdict);

} // namespace hermesh::testing
