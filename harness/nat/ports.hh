// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "nat/behaviour.hh"
#include "nat/slab.hh"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace hermesh::nat {

/// Consecutive ports: [begin, end).
struct PortRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const PortRange&) const = default;
};
/// What a mapping gets that did not ask for a well-known port (RFC 4787 REQ-3a).
inline constexpr PortRange ordinary_ports{1024, 65536};

/// The external ports of one protocol on one address: which mapping has each, and which one a new
/// mapping gets. A port has one owner (RFC 4787 REQ-3), unless somebody shares it on purpose.
class PortSpace {
public:
  /// no_index when the port is free. Of a shared port, one of those who have it.
  Index owner(std::uint16_t port) const {
    const auto& page = owners_[port / page_size];
    return page ? (*page)[port % page_size] : no_index;
  }
  bool is_taken(std::uint16_t port) const { return (taken_[port / 64] >> (port % 64) & 1) != 0; }

  bool is_shared(std::uint16_t port) const { return sharers_.contains(port); }

  /// A free port for a mapping of the inside port `wanted`. Preserving: that one, else a random one
  /// of the same range (below 1024 or not, RFC 4787 REQ-3a) and parity (REQ-4), else of any parity.
  /// Empty: all of its range are taken. Not for PortAssignment::block.
  std::optional<std::uint16_t> choose(PortAssignment how, std::uint16_t wanted, Random& random);
  /// From a random port of the range on, the next one that is free.
  std::optional<std::uint16_t> choose_in(const PortRange& range, Random& random) const;

  void take(std::uint16_t port, Index owner); ///< shares it when it has an owner
  void release(std::uint16_t port, Index owner);
  void clear(); ///< sequences start anew, somewhere else

private:
  std::optional<std::uint16_t> preserved_or_like(std::uint16_t wanted, Random& random) const;
  std::optional<std::uint16_t>
  random_free(const PortRange& range, std::uint64_t among, Random& random) const;
  std::optional<std::uint16_t> next_up(Random& random);
  std::optional<std::uint16_t> next_down(Random& random);
  std::optional<std::uint16_t> first_free(const PortRange& range) const;
  std::optional<std::uint16_t> last_free(const PortRange& range) const;

  static constexpr std::size_t page_size = 512;
  using Page = std::array<Index, page_size>;

  /// By port, in pages that come with the first port taken: most gateways use few.
  std::array<std::unique_ptr<Page>, 65536 / page_size> owners_;
  /// One bit per port beside `owners_`, so that the last free one is found fast. 0 is no port.
  std::array<std::uint64_t, 1024> taken_{1};
  std::map<std::uint16_t, std::vector<Index>> sharers_; ///< beside the owner
  std::uint32_t next_ = 0;                              ///< of a sequence; 0: not begun
};

} // namespace hermesh::nat
