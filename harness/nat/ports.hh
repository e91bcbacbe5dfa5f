// SPDX-License-Identifier: MIT
#pragma once

#include "base/random.hh"
#include "nat/behaviour.hh"
#include "nat/slab.hh"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace hermesh::nat {

/// The external ports of one protocol on one address: which mapping has each, and which one a new
/// mapping gets. A port never has two owners (RFC 4787 REQ-3).
class PortSpace {
public:
  /// no_index when the port is free.
  Index owner(std::uint16_t port) const {
    const auto& page = owners_[port / page_size];
    return page ? (*page)[port % page_size] : no_index;
  }

  /// A free port for a mapping of the inside port `wanted`. Preserving: that one, else a random one
  /// of the same range (below 1024 or not, RFC 4787 REQ-3a) and parity (REQ-4), else of any parity.
  /// Empty: all of its range are taken.
  std::optional<std::uint16_t>
  choose(PortAssignment how, std::uint16_t wanted, Random& random) const;

  void take(std::uint16_t port, Index owner);
  void release(std::uint16_t port);
  void clear();

private:
  bool is_taken(std::uint16_t port) const { return (taken_[port / 64] >> (port % 64) & 1) != 0; }
  std::optional<std::uint16_t>
  random_free(std::uint32_t begin, std::uint32_t end, std::uint64_t among, Random& random) const;

  static constexpr std::size_t page_size = 512;
  using Page = std::array<Index, page_size>;

  /// By port, in pages that come with the first port taken: most gateways use few.
  std::array<std::unique_ptr<Page>, 65536 / page_size> owners_;
  /// One bit per port beside `owners_`, so that the last free one is found fast. 0 is no port.
  std::array<std::uint64_t, 1024> taken_{1};
};

} // namespace hermesh::nat
