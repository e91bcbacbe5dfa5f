// SPDX-License-Identifier: MIT
#pragma once

#include "certify/virtual_hosts.hh"

#include <cstdint>
#include <optional>
#include <string>

namespace hermesh {

/// Asks a gateway for ports as a host does, by NAT-PMP (RFC 6886) or PCP (RFC 6887).
class MappingClient {
public:
  enum class Protocol : std::uint8_t { nat_pmp, pcp };

  struct Wish {
    VirtualHost host = VirtualHost::inside_one;
    std::uint16_t port = 0;    ///< inside, and the one that is wanted outside
    std::uint16_t outside = 0; ///< another one that is wanted there; 0: the same
    std::uint32_t lifetime = 0;
    std::uint8_t nonce = 1; ///< who asks, of one host; PCP only
    bool tcp = false;
  };
  struct Answer {
    std::string refusal{}; ///< "no" when it was granted, else as a scenario has it
    Endpoint external{};   ///< of NAT-PMP, which does not tell it, the address of a second question
    std::uint32_t lifetime = 0;

    bool granted() const { return refusal == "no"; }
  };

  explicit MappingClient(VirtualHosts& hosts) : hosts_(hosts) {}

  /// Empty: no answer, or not by that protocol.
  std::optional<Answer> ask(Protocol protocol, const Wish& wish);
  /// The same from a host outside, to the gateway's outside: anything at all.
  bool is_answered_outside();

private:
  std::optional<Answer> ask_nat_pmp(const Wish& wish);
  std::optional<Answer> ask_pcp(const Wish& wish);
  std::optional<Address> external_address(VirtualHost host);

  VirtualHosts& hosts_;
};

} // namespace hermesh
