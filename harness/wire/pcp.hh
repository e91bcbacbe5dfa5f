// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"
#include "wire/nat_pmp.hh"

#include <array>
#include <optional>
#include <vector>

/// The Port Control Protocol (RFC 6887) as far as a NAT of IPv4 and its clients need it. Addresses
/// are 16 bytes on the wire; IPv4 ones are mapped into them, as Address has them anyway.
namespace hermesh::wire::pcp {

inline constexpr std::uint8_t version = 2;
inline constexpr std::size_t header_size = 24;
inline constexpr std::size_t map_size = 36;    ///< what follows the header of a MAP message
inline constexpr std::size_t most_size = 1100; ///< of a message (section 7)

enum class Opcode : std::uint8_t { announce = 0, map = 1, peer = 2 };
/// Section 7.4
enum class Result : std::uint8_t {
  success = 0,
  unsupp_version = 1,
  not_authorized = 2,
  malformed_request = 3,
  unsupp_opcode = 4,
  unsupp_option = 5,
  malformed_option = 6,
  network_failure = 7,
  no_resources = 8,
  unsupp_protocol = 9,
  user_ex_quota = 10,
  cannot_provide_external = 11,
  address_mismatch = 12,
};

using Nonce = std::array<std::uint8_t, 12>;

/// Section 11.1, of a request and of an answer.
struct Map {
  Nonce nonce{};
  std::uint8_t protocol = 0;       ///< of IP; 0: all
  std::uint16_t internal_port = 0; ///< 0: all
  std::uint16_t external_port = 0; ///< suggested or assigned
  Address external{};              ///< the same

  bool operator==(const Map&) const = default;
};

/// Section 7.3. `kind` is the option's code.
struct Option {
  std::uint8_t kind = 0;
  Bytes data{}; ///< into the message, without padding

  /// One that a server must understand or refuse.
  bool is_mandatory() const { return kind < 128; }
};
namespace option {
inline constexpr std::uint8_t prefer_failure = 2;
} // namespace option

struct Request {
  std::uint8_t opcode = 0;
  std::uint32_t lifetime = 0; ///< seconds; 0: end it
  Address client{};           ///< as the client believes to have
  std::optional<Map> map{};   ///< of Opcode::map
  std::vector<Option> options{};
};

struct Response {
  std::uint8_t opcode = 0;
  Result result = Result::success;
  std::uint32_t lifetime = 0;
  std::uint32_t epoch = 0; ///< seconds since the server lost its leases
  std::optional<Map> map{};

  bool operator==(const Response&) const = default;
};

/// A request, or why there is none (section 8.2). `result` is success when it is one; empty when
/// nothing may be said to it: shorter than 2 bytes, or an answer.
struct Parsed {
  Request request{};
  Result result = Result::success;
};
std::optional<Parsed> parse_request(Bytes data);
/// Empty when truncated, of another version, or no answer. An answer of MAP without its data is an
/// error's.
std::optional<Response> parse_response(Bytes data);

/// `out` holds at least header_size + map_size bytes; returns how many were written. Options are
/// not written.
std::size_t write_request(MutableBytes out, const Request& request);
std::size_t write_response(MutableBytes out, const Response& response);
/// The answer to a request that failed: the request itself, whatever it holds, with another header
/// (section 8.2). `out` holds most_size bytes.
std::size_t write_error(
    MutableBytes out, Bytes request, Result result, std::uint32_t lifetime, std::uint32_t epoch);

} // namespace hermesh::wire::pcp
