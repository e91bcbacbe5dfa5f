// SPDX-License-Identifier: MIT
#pragma once

#include "wire/bytes.hh"

#include <optional>

namespace hermesh::wire {

/// A message of the Dynamic Host Configuration Protocol (RFC 2131) with the options (RFC 2132) that
/// a small server and its clients need.
struct DhcpMessage {
  enum class Type : std::uint8_t {
    discover = 1,
    offer = 2,
    request = 3,
    decline = 4,
    ack = 5,
    nak = 6,
    release = 7,
    inform = 8,
  };

  Type type = Type::discover;
  std::uint32_t transaction = 0;
  bool broadcast = false; ///< the client cannot take unicast before it is configured
  Address client{};       ///< ciaddr: the address that the client already uses
  Address yours{};        ///< yiaddr
  MacAddress client_mac{};
  std::optional<Address> requested{}; ///< option 50
  std::optional<Address> server{};    ///< option 54
  std::optional<Address> subnet_mask{};
  std::optional<Address> router{};
  std::optional<std::uint32_t> lease_seconds{};

  bool is_reply() const { return type == Type::offer || type == Type::ack || type == Type::nak; }
  bool operator==(const DhcpMessage&) const = default;
};

inline constexpr std::uint16_t dhcp_server_port = 67;
inline constexpr std::uint16_t dhcp_client_port = 68;
/// Fixed fields, cookie and room for every option above; also the least that old clients accept.
inline constexpr std::size_t dhcp_message_size = 300;

/// `data` is a UDP payload. Empty when truncated, not Ethernet, without the cookie or a message
/// type, or with an option that reaches beyond the end.
std::optional<DhcpMessage> parse_dhcp(Bytes data);

/// `out` holds dhcp_message_size bytes, all of which are written.
void write_dhcp(MutableBytes out, const DhcpMessage& message);

} // namespace hermesh::wire
