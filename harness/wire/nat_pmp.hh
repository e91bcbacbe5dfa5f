// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

/// Where a gateway listens, and where its announcements go, of NAT-PMP and of PCP alike (RFC 6887
/// section 19.1).
inline constexpr std::uint16_t port_mapping_server_port = 5351;
inline constexpr std::uint16_t port_mapping_client_port = 5350;

namespace nat_pmp {

inline constexpr std::uint8_t version = 0;

enum class Opcode : std::uint8_t { external_address = 0, map_udp = 1, map_tcp = 2 };
/// RFC 6886 section 3.5
enum class Result : std::uint16_t {
  success = 0,
  unsupported_version = 1,
  not_authorized = 2,
  network_failure = 3,
  out_of_resources = 4,
  unsupported_opcode = 5,
};

/// RFC 6886 sections 3.2 and 3.3. `opcode` without the bit that marks an answer; one that nobody
/// knows is for the server to refuse.
struct Request {
  std::uint8_t opcode = 0;
  std::uint16_t internal_port = 0; ///< of a mapping, as what follows
  std::uint16_t suggested_port = 0;
  std::uint32_t lifetime = 0; ///< seconds; 0: end it

  bool is_map() const { return opcode == 1 || opcode == 2; }
  bool operator==(const Request&) const = default;
};

struct Response {
  std::uint8_t opcode = 0;
  Result result = Result::success;
  std::uint32_t epoch = 0;           ///< seconds since the gateway lost its leases
  std::optional<Address> external{}; ///< of an answer to external_address
  std::uint16_t internal_port = 0;   ///< of a mapping, as what follows
  std::uint16_t external_port = 0;
  std::uint32_t lifetime = 0;

  bool operator==(const Response&) const = default;
};

inline constexpr std::size_t most_response_size = 16;

/// `data` is a UDP payload. Empty when truncated, of another version, or an answer.
std::optional<Request> parse_request(Bytes data);
/// Empty when truncated, of another version, or no answer.
std::optional<Response> parse_response(Bytes data);

/// `out` holds at least 12 bytes; returns how many were written.
std::size_t write_request(MutableBytes out, const Request& request);
/// `out` holds at least most_response_size bytes; returns how many were written.
std::size_t write_response(MutableBytes out, const Response& response);

} // namespace nat_pmp
} // namespace hermesh::wire
