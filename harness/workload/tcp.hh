// SPDX-License-Identifier: MIT
#pragma once

#include "workload/workload.hh"

#include <string_view>

namespace hermesh {

/// Bulk TCP throughput, one stream, 5 s after 1 s of start-up (iperf3, port 5201).
Sample run_tcp(Machine& client, Machine& server, const Address& server_address);

/// Figures from `iperf3 --json`: what the receiver got, and retransmissions.
Sample parse_iperf3(std::string_view output);

} // namespace hermesh
