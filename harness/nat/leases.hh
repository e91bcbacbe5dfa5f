// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "nat/slab.hh"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace hermesh::nat {

/// What its holder has to show to renew or end a lease (RFC 6887 section 11.1). All zero: nothing,
/// the inside address is enough (RFC 6886).
using LeaseNonce = std::array<std::uint8_t, 12>;

/// An inside endpoint that was granted an external one on request, for a time. The mapping itself
/// lies with the others, and is endpoint-independent in both senses (RFC 6887 section 11).
struct Lease {
  Protocol protocol = Protocol::udp;
  Endpoint inside{};
  Endpoint external{};
  Time expires{0}; ///< on the table's clock
  Index mapping = no_index;
  LeaseNonce nonce{};

  bool operator==(const Lease&) const = default;
};

/// The leases of one table, by inside endpoint and by when they end. Bounded: what a hostile guest
/// can ask for is `most`.
class LeaseStore {
public:
  static constexpr std::size_t most = 4096;

  const Lease* find(Protocol protocol, const Endpoint& inside) const;
  bool is_empty() const { return leases_.empty(); }
  bool is_full() const { return leases_.size() >= most; }
  std::size_t size() const { return leases_.size(); }

  /// In place of one of the same inside endpoint.
  void put(const Lease& lease);
  void take(Protocol protocol, const Endpoint& inside);
  void clear();

  /// When the next one ends; Time::max() without any.
  Time due() const { return ends_.empty() ? Time::max() : ends_.begin()->first; }
  /// One that ends first.
  const Lease& first() const { return leases_.at(ends_.begin()->second); }
  /// All of an inside address, of one protocol or of any.
  std::vector<Lease> of(const Address& inside, std::optional<Protocol> protocol) const;
  std::vector<Lease> all() const;

private:
  using Key = std::pair<Endpoint, Protocol>;

  std::map<Key, Lease> leases_;
  std::set<std::pair<Time, Key>> ends_;
};

} // namespace hermesh::nat
