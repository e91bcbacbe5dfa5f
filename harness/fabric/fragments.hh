// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "fabric/frame_store.hh"
#include "fabric/ledger.hh"
#include "fabric/segment.hh"
#include "wire/ip.hh"

#include <tsl/robin_map.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace hermesh {

class Core;

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

  struct Decision {
    DropReason drop = DropReason::none;      ///< the first one was dropped: so are the others
    Address address{};                       ///< else: what replaces the translated end's address
    std::optional<Address> hairpin_source{}; ///< set: this replaces the other end's
  };
  using Visit = std::function<void(const Transit&)>;
  using Drop = std::function<void(const Transit&, DropReason)>;

  /// `drop` gets every frame that waited and may not go on.
  Fragments(Core& core, Drop drop) : core_(core), drop_(std::move(drop)) {}

  /// The decision on the first fragment, if that was seen.
  std::optional<Decision> find(const wire::IpHeader& ip, const Transit& transit) const;

  /// Notes what a fragment carries, once for each that comes; a whole datagram is admitted. False
  /// when it overlaps an earlier one, or its datagram did so before, or is in more than
  /// `most_pieces`: nothing of it may pass any more, for a host that put them together might see
  /// other ports than the gateway did (RFC 1858 section 4, RFC 5722 section 4). The same range
  /// again is a duplicate that a link made, and passes.
  bool admit(const wire::IpHeader& ip, const Transit& transit);

  /// A fragment that came before the first; false when there is no room for it.
  bool hold(const wire::IpHeader& ip, const Transit& transit);

  /// Where the packet is a first fragment, it is decided. Those that waited for it go to `resume`,
  /// and are admitted again.
  void decide(const wire::IpHeader& ip,
              const Transit& transit,
              const Decision& decision,
              const Visit& resume);

  Time due() const;
  /// Forget what is too old.
  void advance(Time now);

private:
  struct Key {
    Address source{};
    Address destination{};
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;
    std::uint64_t port = 0; ///< where it came in: all of a datagram do by the same

    bool operator==(const Key&) const = default;
  };
  /// What a fragment carries of its datagram, in bytes.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    bool operator==(const Range&) const = default;
  };
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

  static Key key_of(const wire::IpHeader& ip, const Transit& transit);
  Datagram& open(const Key& key);
  void forget_oldest(Share& share);
  void drop_all(Share& share, const std::vector<Waiting>& waiting, DropReason reason);
  static void hand_over(Share& share, const std::vector<Waiting>& waiting, const Visit& to);

  Core& core_;
  Drop drop_;
  tsl::robin_map<Key, Datagram, KeyHash> datagrams_;
  std::map<std::uint64_t, Share> shares_; ///< by port, of which there are few
  bool resuming_ = false;                 ///< fragments that waited are looked at again
};

} // namespace hermesh
