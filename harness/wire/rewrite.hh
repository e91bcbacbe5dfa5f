// SPDX-License-Identifier: MIT
#pragma once

#include "wire/ip.hh"

namespace hermesh::wire {

/// Which end of a packet is translated.
enum class End : std::uint8_t { source, destination };

/// Puts `to` in place of one end of an IPv4 packet, with every checksum adjusted (RFC 1624): the
/// header's, and UDP's (zero stays zero), TCP's or the ICMP query's. The port is that of the upper
/// layer's header, or the identifier of an ICMP query; a later fragment has neither, and there only
/// the address changes. `ip` is what parse_ipv4 or parse_embedded_ipv4 made of `packet`; of a
/// packet embedded in an ICMP error perhaps only eight bytes of data are there, and a transport
/// checksum that was cut off is left alone (RFC 5508 section 4).
void rewrite_ipv4(MutableBytes packet, const IpHeader& ip, End end, const Endpoint& to);

/// Only the address and the header checksum: for ICMP errors, whose checksum covers neither, and
/// for later fragments.
void rewrite_ipv4_address(MutableBytes packet, End end, const Address& to);

} // namespace hermesh::wire
