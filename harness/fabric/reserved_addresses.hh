// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

namespace hermesh {

/// Could a packet to this address leave for the real Internet, if there were a way out? Every
/// unicast address that IANA's special-purpose registries (RFC 6890) do not keep local.
bool is_globally_routable(const Address& address);

} // namespace hermesh
