// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "nat/translation.hh"

#include <tsl/robin_set.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace hermesh::nat {

/// A record's place in its slab; good until the record is taken out.
using Index = std::uint32_t;
inline constexpr Index no_index = ~Index{0};

/// Records at fixed indices, places reused: no allocation once the table has had its largest size.
template <typename Record>
class Slab {
public:
  Index put(const Record& record) {
    ++live_;
    if (free_.empty()) {
      records_->push_back(record);
      return static_cast<Index>(records_->size() - 1);
    }
    const Index index = free_.back();
    free_.pop_back();
    (*records_)[index] = record;
    return index;
  }
  void take(Index index) {
    --live_;
    free_.push_back(index);
  }
  void clear() {
    records_->clear();
    free_.clear();
    live_ = 0;
  }
  Record& operator[](Index index) { return (*records_)[index]; }
  const Record& operator[](Index index) const { return (*records_)[index]; }
  std::size_t size() const { return live_; }
  /// Its address outlives a move of the slab: what an index over it holds on to.
  const std::vector<Record>* records() const { return records_.get(); }

private:
  std::unique_ptr<std::vector<Record>> records_ = std::make_unique<std::vector<Record>>();
  std::vector<Index> free_;
  std::size_t live_ = 0;
};

/// Equality in three loads a side: a table's look-up must not call memcmp, which it does for
/// arrays.
inline bool same(const Endpoint& a, const Endpoint& b) {
  std::array<std::uint64_t, 2> x;
  std::array<std::uint64_t, 2> y;
  std::memcpy(x.data(), a.address.bytes().data(), sizeof x);
  std::memcpy(y.data(), b.address.bytes().data(), sizeof y);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | static_cast<std::uint64_t>(a.port ^ b.port)) == 0;
}

/// Two ends of a flow, seen from one side of the gateway: `local` is the inside or the external
/// endpoint.
struct FlowKey {
  Protocol protocol = Protocol::udp;
  Endpoint local{};
  Endpoint remote{};

  bool operator==(const FlowKey&) const = default;
};

/// `salt` keeps a guest from preparing ports that all fall into one bucket.
inline std::size_t hash_of(const FlowKey& key, std::uint64_t salt) {
  const std::uint64_t both = hash_of(key.local, salt + static_cast<std::uint64_t>(key.protocol));
  return static_cast<std::size_t>(hash_of(key.remote, both));
}

/// Finds records of a slab by the key that they hold. The hash table itself has 12 bytes per place,
/// so that it stays in the cache when the records no longer do; KeyOf::matches decides in the
/// record.
template <typename Record, typename KeyOf>
class SlabIndex {
public:
  SlabIndex(const Slab<Record>& slab, std::uint64_t salt)
      : salt_(salt), set_(0, Hash{slab.records(), salt}, Equal{slab.records()}) {}

  Index find(const FlowKey& key) const {
    const auto found = set_.find(key, hash_of(key, salt_));
    return found == set_.end() ? no_index : *found;
  }
  void insert(Index index) { set_.insert(index); }
  void erase(Index index) { set_.erase(index); }
  void clear() { set_.clear(); }

private:
  struct Hash {
    const std::vector<Record>* records;
    std::uint64_t salt;
    std::size_t operator()(Index index) const {
      return hash_of(KeyOf::key((*records)[index]), salt);
    }
  };
  struct Equal {
    using is_transparent = void;
    const std::vector<Record>* records;
    bool operator()(Index a, Index b) const { return a == b; }
    bool operator()(Index a, const FlowKey& key) const {
      return KeyOf::matches((*records)[a], key);
    }
    bool operator()(const FlowKey& key, Index a) const {
      return KeyOf::matches((*records)[a], key);
    }
  };

  std::uint64_t salt_;
  tsl::robin_set<Index, Hash, Equal, std::allocator<Index>, true> set_;
};

} // namespace hermesh::nat
