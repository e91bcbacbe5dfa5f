// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace hermesh {

/// Whose process is at the other end of a TCP connection over 127.0.0.1, whose ports are seen from
/// that end. `table` is what /proc/net/tcp says (proc(5)): TCP has no SO_PEERCRED. Empty when the
/// connection is not in the table.
std::optional<uid_t>
owner_of_connection(std::string_view table, std::uint16_t local_port, std::uint16_t remote_port);

/// The same for a connected socket of this process, by what the kernel says now.
std::optional<uid_t> peer_owner(int socket);

} // namespace hermesh
