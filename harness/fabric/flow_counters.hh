// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "fabric/ledger.hh"
#include "wire/bytes.hh"

#include <tsl/robin_map.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hermesh {

/// What crossed one port of a segment, by flow. At most `most_flows` are told apart; what comes
/// after them is summed, so that a guest that scans cannot fill the memory.
class FlowCounters {
public:
  static constexpr std::size_t most_flows = 16384;

  void count(wire::Bytes frame);
  /// Appends the rows, in the order in which flows were first seen, the sum of the rest at the end.
  void append_rows(const std::string& port, std::vector<FlowRow>& rows) const;

private:
  enum class Kind : std::uint8_t { udp, tcp, icmp, other };
  struct Key {
    Endpoint source{};
    Endpoint destination{};
    Kind kind = Kind::other;

    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return hash_of(key.destination, hash_of(key.source, static_cast<std::uint64_t>(key.kind)));
    }
  };
  struct Flow {
    Key key{};
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };
  /// The bytes of an IPv4 frame that tell its flow. Bulk traffic repeats the last one, and then no
  /// table is asked.
  struct Fingerprint {
    std::uint64_t addresses = 0;
    std::uint32_t ports = 0;
    std::uint8_t protocol = 0;

    bool operator==(const Fingerprint&) const = default;
  };

  static bool take_fingerprint(wire::Bytes frame, Fingerprint& fingerprint);
  static Key key_of(wire::Bytes frame);
  std::uint32_t index_of(const Key& key);

  std::vector<Flow> flows_;
  tsl::robin_map<Key, std::uint32_t, KeyHash> index_;
  Flow rest_{};
  Fingerprint last_{};
  std::uint32_t last_index_ = 0;
};

} // namespace hermesh
