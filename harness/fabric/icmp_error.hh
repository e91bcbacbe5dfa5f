// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"
#include "wire/ethernet.hh"
#include "wire/icmp.hh"

#include <array>
#include <optional>

namespace hermesh {

/// An ICMP or ICMPv6 error about a packet, as a whole frame whose Ethernet header is still to be
/// written.
class IcmpError {
public:
  /// Empty when the packet must not be answered: an error itself, a later fragment, or one whose
  /// source is not a single host (RFC 1122 section 3.2.2, RFC 4443 section 2.4(e)).
  static std::optional<IcmpError> about(wire::Bytes packet,
                                        const wire::IpHeader& ip,
                                        const Address& from,
                                        const wire::IcmpHeader& kind);

  wire::MutableBytes frame() { return wire::MutableBytes(bytes_).first(size_); }

private:
  static constexpr std::size_t most_quoted = 128; ///< well over the header and 8 bytes of RFC 792
  std::array<std::byte,
             wire::ethernet_header_size + wire::ipv6_header_size + wire::icmp_header_size +
                 most_quoted>
      bytes_{};
  std::size_t size_ = 0;
};

/// Which way an ICMP error crosses a NAT.
enum class Crossing : std::uint8_t { inbound, outbound };

/// Translates an ICMP error and the packet embedded in it (RFC 5508 section 4): the end that lies
/// inside is replaced, and the outer address with it. `packet` is an IPv4 packet with a right ICMP
/// checksum, or nothing happens to it: `no_mapping` for an embedded packet that no mapping knows.
/// `new_outer` receives what the outer source (outbound) or destination (inbound) becomes.
nat::Refusal translate_icmp_error(wire::MutableBytes packet,
                                  const wire::IpHeader& ip,
                                  Crossing crossing,
                                  nat::Table& table,
                                  Time now,
                                  Address& new_outer);

} // namespace hermesh
