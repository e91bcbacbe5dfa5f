// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <cstddef>
#include <functional>

namespace hermesh::wire {

/// Cuts an IPv4 frame, itself perhaps a fragment, into ones whose packets have at most `mtu` bytes
/// (RFC 791 section 3.2), and hands them to `each` in order, in a buffer that is used again. The
/// packet was parsed, and `mtu` has room for its header and eight bytes of data. Whether it may be
/// cut at all is the caller's to know.
void fragment_ipv4(Bytes frame, std::size_t mtu, const std::function<void(MutableBytes)>& each);

} // namespace hermesh::wire
