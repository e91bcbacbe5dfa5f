// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "fabric/frame_store.hh"
#include "fabric/ledger.hh"
#include "fabric/segment.hh"

#include <tsl/robin_map.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace hermesh {

/// What was decided for the first fragment of a datagram, kept for those that follow, since only
/// the first has ports. Fragments that come before it wait for it (RFC 4787 REQ-14). A datagram is
/// forgotten after `patience`, or when `most_datagrams` newer ones were seen. Each port that frames
/// come in by has room of its own: a guest that floods takes none of the others'.
class Fragments {
public:
  static constexpr std::size_t most_datagrams = 1024; ///< of one port
  static constexpr std::size_t most_waiting = 128;    ///< frames, of one port
  static constexpr std::size_t most_pieces = 128;     ///< 64 KiB in pieces of 512 bytes
  static constexpr Duration patience = std::chrono::seconds{15};

  struct Key {
    Address source{};
    Address destination{};
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;
    std::uint64_t port = 0; ///< see port_of

    bool operator==(const Key&) const = default;
  };
  /// Where a frame came in. All of a datagram come in by the same.
  static std::uint64_t port_of(const Transit& transit) {
    return std::uint64_t{transit.segment} << 32 | transit.source;
  }
  struct Decision {
    DropReason drop = DropReason::none;      ///< the first one was dropped: so are the others
    Address address{};                       ///< else: what replaces the translated end's address
    std::optional<Address> hairpin_source{}; ///< set: this replaces the other end's
  };
  /// What a fragment carries of its datagram, in bytes.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    bool operator==(const Range&) const = default;
  };

  /// The decision on the first fragment, if that was seen.
  std::optional<Decision> find(const Key& key) const;

  using Visit = std::function<void(const Transit&)>;

  /// Notes what a fragment carries, once for each that comes. False when it overlaps an earlier
  /// one, or its datagram did so before, or is in more than `most_pieces`: nothing of it may pass
  /// any more (RFC 5722 section 4), and those that waited are handed to `refuse`. The same range
  /// again is a duplicate that a link made, and passes.
  bool
  admit(const Key& key, const Range& range, Time now, const Visit& refuse, const Visit& give_up);

  /// A fragment that came before the first; false when there is no room for it.
  bool hold(const Key& key, const Transit& transit, Time now, const Visit& give_up);

  /// The first fragment is decided. Those that waited for it are handed to `send`.
  void decide(
      const Key& key, const Decision& decision, Time now, const Visit& send, const Visit& give_up);

  Time due() const;
  /// Forget what is too old; frames that still waited are handed to `give_up`.
  void advance(Time now, const Visit& give_up);

private:
  struct Waiting {
    FrameStore::Slot slot = 0;
    std::uint32_t segment = 0;
    std::uint32_t source = 0;
  };
  struct Datagram {
    std::optional<Decision> decision{};
    std::vector<Waiting> waiting{};
    std::vector<Range> ranges{};
  };
  struct Opened {
    Key key{};
    Time until{0};
  };
  /// What one port has.
  struct Share {
    std::deque<Opened> order{}; ///< oldest first: patience is the same for all
    FrameStore held{most_waiting};
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return hash_of(key.destination,
                     hash_of(key.source,
                             (std::uint64_t{key.identification} << 8 | key.protocol) ^
                                 key.port * 0x9e3779b97f4a7c15ULL));
    }
  };

  Datagram& open(const Key& key, Time now, const Visit& give_up);
  void forget_oldest(Share& share, const Visit& give_up);
  static void hand_over(Share& share, const std::vector<Waiting>& waiting, const Visit& to);

  tsl::robin_map<Key, Datagram, KeyHash> datagrams_;
  std::map<std::uint64_t, Share> shares_; ///< by port, of which there are few
};

} // namespace hermesh
