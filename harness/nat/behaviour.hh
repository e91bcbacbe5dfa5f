// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "nat/out_policy.hh"
#include "nat/port_mapping.hh"
#include "nat/translation.hh"

#include <cstdint>
#include <optional>
#include <string>

namespace hermesh::nat {

/// What a gateway does to addresses.
enum class Translating : std::uint8_t {
  napt,       ///< address and port (RFC 3022 section 2.2)
  none,       ///< nothing: a stateful firewall, whose filter and timers work as a NAT's do
  one_to_one, ///< the address; every inside host has an external one of its own (RFC 3022
              ///< section 2.1), and the filter still decides who gets in
};

/// How much of the remote endpoint a rule looks at (RFC 4787 sections 4.1 and 5).
enum class Dependence : std::uint8_t {
  endpoint_independent,       ///< EIM, EIF
  address_dependent,          ///< ADM, ADF
  address_and_port_dependent, ///< APDM, APDF
};

/// Where a new mapping's external port comes from (RFC 4787 section 4.2).
enum class PortAssignment : std::uint8_t {
  preserve,             ///< the inside port; another one of the same parity when that is taken
  random,               ///< uniformly from 1024..65535
  sequential_up,        ///< the next free one of 1024..65535 after the last, from a random start
  sequential_down,      ///< the same, downwards
  block,                ///< at random from the inside address's own ports (RFC 7422 section 2)
  preserve_then_random, ///< the inside port where it is free, as it is for an endpoint's first
                        ///< mapping; the others as `random`
};

/// What an inbound packet that the filter admits does to the table. RFC 4787 does not settle it,
/// and devices differ.
enum class FlowRule : std::uint8_t {
  reuse,  ///< it binds the flow: the answer leaves from the port it came to, as connection tracking
          ///< does
  strict, ///< only outbound packets make mappings
};

/// What becomes of a packet from inside to an external endpoint of the same gateway (RFC 4787
/// section 6).
enum class Hairpin : std::uint8_t {
  off,
  external_source, ///< it seems to come from the sender's external endpoint (REQ-9a)
  internal_source, ///< it keeps its source, which REQ-9a warns of: the answer takes another way
};

/// Which packets of a session keep it alive (RFC 4787 REQ-6).
enum class Refresh : std::uint8_t {
  both,
  outbound_only, ///< so that a stranger cannot keep a mapping open (RFC 4787 section 4.3)
};

/// Which of several external addresses a mapping gets (RFC 4787 section 4.1).
enum class Pooling : std::uint8_t {
  paired,    ///< the same for all of one inside address (REQ-2)
  arbitrary, ///< any
};

/// What becomes of IPv6, which no gateway translates.
enum class Ipv6 : std::uint8_t {
  filtered,    ///< by the filter, the timers and the out policies that IPv4 has (RFC 6092)
  open,        ///< routed, whoever began (the "transparent mode" of RFC 6092 REC-49)
  dropped,     ///< announced inside all the same, and nothing gets through
  unreachable, ///< the same, and hosts inside are told "no route" (RFC 4443 section 3.1)
};

/// How long an idle entry lives, by protocol (RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2).
struct Timers {
  Duration udp_unreplied = std::chrono::seconds{120};
  Duration udp_stream = std::chrono::seconds{300};
  Duration tcp_transitory = std::chrono::minutes{4};
  Duration tcp_established = std::chrono::minutes{124};
  Duration icmp = std::chrono::seconds{60};

  bool operator==(const Timers&) const = default;
};

/// What a gateway does to packets. What a scenario file declares per gateway, what a gateway is
/// built from, what the oracle reasons about; never what certification reads.
struct Behaviour {
  static constexpr std::uint16_t default_port_block_size = 64;
  static constexpr unsigned most_external_addresses = 64;
  static constexpr std::uint16_t ethernet_mtu = 1500;
  static constexpr std::uint16_t least_mtu = 1280; ///< of any link that carries IPv6 (RFC 8200)

  Translating translating = Translating::napt;
  Dependence mapping = Dependence::endpoint_independent;
  Dependence filtering = Dependence::address_and_port_dependent;
  PortAssignment ports = PortAssignment::preserve;
  std::uint16_t port_block_size = default_port_block_size; ///< of each protocol; 1..64512
  /// RFC 4787 REQ-3 broken on purpose, as Linux's masquerade does: hosts share an external port
  /// towards different remotes, and get another only where the whole tuple is taken.
  bool overload_ports = false;
  FlowRule flows = FlowRule::reuse;
  Hairpin hairpin = Hairpin::off;
  Refresh refresh = Refresh::both;
  Timers timers{};
  Duration absolute_lifetime{0}; ///< a mapping ends so long after it was made; 0: it does not
  Pooling pooling = Pooling::paired;
  std::uint16_t external_addresses = 1; ///< consecutive ones, from the gateway's own on; 1..64
  bool icmp_errors = true;              ///< translated (RFC 5508 REQ-4, REQ-5), else dropped
  std::uint32_t per_host_limit = 0;     ///< mappings of one inside address (RFC 6888 REQ-4); 0: any
  OutPolicy udp_out{};                  ///< on the far side of the table, like `tcp_out`
  OutPolicy tcp_out{};
  Ipv6 ipv6 = Ipv6::filtered;       ///< where the gateway has IPv6 at all
  std::uint16_t mtu = ethernet_mtu; ///< of the outside link, either way
  /// Who sends what is too big for it is told so (RFC 1191, RFC 8201); else that vanishes, which
  /// makes a black hole (RFC 2923 section 2.1).
  bool mtu_errors = true;
  PortMapping port_mapping{};

  /// May packets to and from that port of a remote pass? ICMP has none and always may.
  bool passes(Protocol protocol, std::uint16_t remote_port) const;

  bool operator==(const Behaviour&) const = default;
};

/// What the gateway does to IPv6, in the same terms: it translates nothing.
Behaviour as_firewall(const Behaviour& behaviour);

/// Two fields that cannot both be meant.
struct Contradiction {
  std::string field; ///< of a scenario's rule, one that is not at its default
  std::string text;  ///< "found true with ports 'random', wanted ports 'preserve'"
};
/// The first there is; empty: a gateway can behave so.
std::optional<Contradiction> contradiction(const Behaviour& behaviour);

// The words of scenario files.
std::string mapping_name(Dependence mapping);     ///< "EIM", "ADM", "APDM"
std::string filtering_name(Dependence filtering); ///< "EIF", "ADF", "APDF"
std::string to_string(Translating translating);   ///< "napt", "none", "one-to-one"
std::string to_string(PortAssignment ports);      ///< "preserve", "sequential-up", ...
std::string to_string(FlowRule flows);            ///< "reuse", "strict"
std::string to_string(Hairpin hairpin);           ///< "off", "external-source", ...
std::string to_string(Refresh refresh);           ///< "both", "outbound-only"
std::string to_string(Pooling pooling);           ///< "paired", "arbitrary"
std::string to_string(Ipv6 ipv6);                 ///< "filtered", "open", ...

} // namespace hermesh::nat
