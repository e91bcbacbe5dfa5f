// SPDX-License-Identifier: MIT
#include "wire/dhcp.hh"

namespace hermesh::wire {
namespace {

constexpr std::size_t fixed_size = 236;
constexpr std::size_t options_at = fixed_size + 4;
constexpr std::uint32_t cookie = 0x63825363;
constexpr std::uint16_t broadcast_flag = 0x8000;

namespace option {
constexpr std::uint8_t pad = 0;
constexpr std::uint8_t subnet_mask = 1;
constexpr std::uint8_t router = 3;
constexpr std::uint8_t requested_address = 50;
constexpr std::uint8_t lease_time = 51;
constexpr std::uint8_t message_type = 53;
constexpr std::uint8_t server_identifier = 54;
constexpr std::uint8_t end = 255;
} // namespace option

/// One option's content into the message; options that are not known or too short are ignored.
void take_option(DhcpMessage& message, std::uint8_t code, Bytes content, bool& has_type) {
  if (code == option::message_type && !content.empty()) {
    const std::uint8_t type = load8(content.data());
    has_type = type >= 1 && type <= 8;
    if (has_type) message.type = DhcpMessage::Type{type};
    return;
  }
  if (content.size() < 4) return;
  switch (code) {
  case option::subnet_mask: message.subnet_mask = load_ipv4(content.data()); break;
  case option::router: message.router = load_ipv4(content.data()); break;
  case option::requested_address: message.requested = load_ipv4(content.data()); break;
  case option::server_identifier: message.server = load_ipv4(content.data()); break;
  case option::lease_time: message.lease_seconds = load32(content.data()); break;
  default: break;
  }
}

std::byte* put_option(std::byte* p, std::uint8_t code, std::uint32_t value) {
  store8(p, code);
  store8(p + 1, 4);
  store32(p + 2, value);
  return p + 6;
}

} // namespace

std::optional<DhcpMessage> parse_dhcp(Bytes data) {
  if (data.size() < options_at) return std::nullopt;
  const std::byte* p = data.data();
  const std::uint16_t hardware = load16(p + 1); // type 1 (Ethernet), address length 6
  if (load8(p) < 1 || load8(p) > 2 || hardware != 0x0106 || load32(p + fixed_size) != cookie)
    return std::nullopt;
  DhcpMessage message{.transaction = load32(p + 4),
                      .broadcast = (load16(p + 10) & broadcast_flag) != 0,
                      .client = load_ipv4(p + 12),
                      .yours = load_ipv4(p + 16),
                      .client_mac = load_mac(p + 28)};
  bool has_type = false;
  for (Bytes options = data.subspan(options_at); !options.empty();) {
    const std::uint8_t code = load8(options.data());
    if (code == option::end) break;
    if (code == option::pad) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2) return std::nullopt;
    const std::size_t size = load8(options.data() + 1);
    if (options.size() < 2 + size) return std::nullopt;
    take_option(message, code, options.subspan(2, size), has_type);
    options = options.subspan(2 + size);
  }
  if (!has_type) return std::nullopt;
  return message;
}

void write_dhcp(MutableBytes out, const DhcpMessage& message) {
  std::ranges::fill(out.first(dhcp_message_size), std::byte{0});
  std::byte* p = out.data();
  store8(p, message.is_reply() ? 2 : 1);
  store16(p + 1, 0x0106);
  store32(p + 4, message.transaction);
  store16(p + 10, message.broadcast ? broadcast_flag : 0);
  if (message.client.is_v4()) store_ipv4(p + 12, message.client);
  if (message.yours.is_v4()) store_ipv4(p + 16, message.yours);
  store_mac(p + 28, message.client_mac);
  store32(p + fixed_size, cookie);
  p += options_at;
  store8(p, option::message_type);
  store8(p + 1, 1);
  store8(p + 2, static_cast<std::uint8_t>(message.type));
  p += 3;
  if (message.server) p = put_option(p, option::server_identifier, message.server->v4_value());
  if (message.requested)
    p = put_option(p, option::requested_address, message.requested->v4_value());
  if (message.lease_seconds) p = put_option(p, option::lease_time, *message.lease_seconds);
  if (message.subnet_mask) p = put_option(p, option::subnet_mask, message.subnet_mask->v4_value());
  if (message.router) p = put_option(p, option::router, message.router->v4_value());
  store8(p, option::end);
}

} // namespace hermesh::wire
