// SPDX-License-Identifier: MIT
#pragma once

#include "nat/behaviour.hh"
#include "nat/ports.hh"

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace hermesh::nat {

/// The external addresses of a table, their ports, and what of them each inside address has. It
/// decides which external endpoint a new mapping gets.
class ExternalPool {
public:
  explicit ExternalPool(const Address& first, std::uint64_t salt);

  /// What an inside address has, for as long as it has a mapping.
  struct Host {
    std::uint32_t mappings = 0;
    std::uint32_t number = none;   ///< of its own external address (Translating::one_to_one)
    std::uint32_t block_at = none; ///< number of the external address that `block` is of
    PortRange block{};             ///< PortAssignment::block

    static constexpr std::uint32_t none = ~std::uint32_t{0};
  };
  struct Grant {
    Endpoint external{};
    Refusal refusal = Refusal::none;
    bool holds_port = true;
    Host host{}; ///< as it is with the grant taken
  };

  /// `may_share`: the port of `inside` is good even when it is taken (Behaviour::overload_ports).
  /// Refused: ports_exhausted, host_limit. Takes nothing.
  Grant choose(Protocol protocol,
               const Endpoint& inside,
               bool may_share,
               const Behaviour& behaviour,
               Random& random);
  /// The same, and none of `former`, where there is any other.
  Grant choose_other(const std::vector<Endpoint>& former,
                     Protocol protocol,
                     const Endpoint& inside,
                     const Behaviour& behaviour,
                     Random& random);
  /// For a lease: `suggested` where it is free, on the address that all of the host have; else as
  /// `choose` has it.
  Grant choose_suggested(Protocol protocol,
                         const Endpoint& inside,
                         std::uint16_t suggested,
                         const Behaviour& behaviour,
                         Random& random);
  void take(const Grant& grant, Protocol protocol, const Address& inside, Index owner);
  void release(Protocol protocol,
               const Address& inside,
               const Endpoint& external,
               bool holds_port,
               Index owner);
  void clear();
  void move_to(const Address& first) { first_ = first; } ///< nothing may be taken

  /// Who has that external port; no_index when nobody.
  Index owner(Protocol protocol, const Endpoint& external) const;
  /// Do several mappings have that external port?
  bool is_shared(Protocol protocol, const Endpoint& external) const;
  /// Whose own that external address is; unspecified when nobody's.
  Address host_of(const Address& external) const;
  /// The external address of all that an inside one sends (Pooling::paired, RFC 4787 REQ-2).
  Address paired(const Address& inside, const Behaviour& behaviour) const;
  /// How far it is from the first external address; empty: it can be none.
  std::optional<std::uint32_t> number_of(const Address& external) const;

private:
  using Ports = std::array<PortSpace, protocol_count>;
  struct Salted {
    std::uint64_t salt;
    std::size_t operator()(const Address& a) const { return hash_of(a, salt); }
  };

  Address address(std::uint32_t number) const;
  PortSpace& ports(std::uint32_t number, Protocol protocol);
  static std::uint32_t paired_number(const Address& inside, const Behaviour& behaviour);
  void choose_own(const Endpoint& inside, const Behaviour& behaviour, Grant& grant) const;
  void choose_shared(Protocol protocol,
                     const Endpoint& inside,
                     const Behaviour& behaviour,
                     Random& random,
                     Grant& grant);
  void choose_of_block(Protocol protocol,
                       const Endpoint& inside,
                       const Behaviour& behaviour,
                       Random& random,
                       Grant& grant);
  bool give_block(const Address& inside, const Behaviour& behaviour, Host& host) const;

  /// Of blocks in use: no two hosts have one.
  static std::uint64_t block_key(std::uint32_t number, const PortRange& block) {
    return std::uint64_t{number} << 32 | block.begin;
  }

  Address first_;
  std::vector<Ports> ports_; ///< by number of the address, as far as they were ever used
  std::vector<Address> own_; ///< by number: whose it is; unspecified: nobody's
  tsl::robin_map<Address, Host, Salted> hosts_;
  tsl::robin_set<std::uint64_t> blocks_;
};

} // namespace hermesh::nat
