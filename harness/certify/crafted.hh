// SPDX-License-Identifier: MIT
#pragma once

#include "certify/virtual_hosts.hh"
#include "wire/frame.hh"
#include "wire/icmp.hh"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace hermesh::crafted {

/// Frames that no stack would send by itself, and what is read from answers to them: for IPv4 and
/// IPv6, by the addresses.
using Frame = std::vector<std::byte>;

/// Of a frame's packet, of either version; empty when it is none.
std::optional<wire::IpHeader> ip_of(const Frame& frame);

/// "Port unreachable" from a host about a packet that it was sent.
Frame unreachable(const wire::FrameAddresses& ends, wire::Bytes about);

/// The ends of the packet that an ICMP error in `frame` is about; empty when it is none.
std::optional<std::array<Endpoint, 2>> subject_of(const Frame& frame);
/// What that error says, its MTU included.
std::optional<wire::IcmpHeader> error_in(const Frame& frame);

/// A frame in pieces of a few bytes.
std::vector<Frame> split(const Frame& whole, std::uint16_t identification);
/// The pieces that a host got, put together: the source of the packet when it is whole and right.
std::optional<Endpoint> joined(const std::vector<VirtualHosts::Received>& received,
                               VirtualHost host,
                               std::uint8_t protocol);

/// Without "do not fragment"; of IPv4.
Frame divisible(Frame frame, std::uint16_t identification);

} // namespace hermesh::crafted
