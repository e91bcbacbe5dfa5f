// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/time.hh"
#include "fabric/frame_store.hh"

#include <tsl/robin_map.h>

#include <functional>
#include <optional>
#include <vector>

namespace hermesh {

/// Who has which MAC address on one side of a gateway, for ARP and neighbour discovery alike; the
/// frames that wait for an answer; when to ask again and when to give up. It sends nothing.
///
/// A question is repeated every second, three times in all (RFC 4861 section 10), then the
/// neighbour counts as absent for a second. A known one is asked again after a minute, and used
/// meanwhile. Where too many are asked for at once, the oldest question makes room for the next: a
/// guest that scans keeps no other's neighbour from being found (RFC 6583 section 7.1).
class Neighbours {
public:
  static constexpr std::size_t most_neighbours = 512;
  static constexpr std::size_t most_waiting_each = 16;
  static constexpr std::size_t most_waiting = 1024;

  struct Answer {
    std::optional<MacAddress> mac{};
    bool ask = false;    ///< a question has to go out now
    bool absent = false; ///< neither known nor worth waiting for
  };
  Answer look_up(const Address& address, Time now);

  /// Keep a frame until `address` is known; false when too many wait.
  bool hold(const Address& address, wire::Bytes frame);

  /// `address` showed its MAC. An address that was not asked for is only taken when `create`.
  /// The frames that waited are handed to `send`.
  void learn(const Address& address,
             const MacAddress& mac,
             Time now,
             bool create,
             const std::function<void(wire::MutableBytes)>& send);

  /// As after a reboot; the frames that waited are handed to `give_up`.
  void forget(const std::function<void(wire::MutableBytes)>& give_up);

  Time due() const { return due_; }
  /// Ask again, or give up, where it is time.
  void advance(Time now,
               const std::function<void(const Address&)>& ask,
               const std::function<void(wire::MutableBytes)>& give_up);

private:
  enum class State : std::uint8_t { unknown, known, absent };
  struct Entry {
    MacAddress mac{};
    State state = State::unknown;
    bool asking = false;
    int asked = 0;
    Time next{0}; ///< asking: when to repeat; known: when to confirm; absent: until when
    std::vector<FrameStore::Slot> waiting{};
  };

  void start_asking(Entry& entry, Time now);
  /// Who wants room: we for a neighbour that we need, or somebody who says that it is there.
  enum class Asker : std::uint8_t { we, others };
  bool make_room(Time now, Asker asker);
  bool forget_longest_known();
  bool give_up_oldest_question(Time now);
  void give_up_lost(const std::function<void(wire::MutableBytes)>& give_up);

  tsl::robin_map<Address, Entry> entries_;
  FrameStore held_{most_waiting};
  std::vector<FrameStore::Slot> lost_{}; ///< of questions that were given up to make room
  Time due_ = Time::max();
};

} // namespace hermesh
