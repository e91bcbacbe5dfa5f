// SPDX-License-Identifier: MIT
#pragma once

#include "workload/workload.hh"

#include <string_view>

namespace hermesh {

/// Round-trip times by ICMP echo: 30 packets, one every 200 ms (iputils ping).
Sample run_ping(Machine& client, Machine& server, const Address& server_address);

/// Figures from what iputils ping prints at its end; a problem when nothing came back.
Sample parse_ping(std::string_view output);

} // namespace hermesh
