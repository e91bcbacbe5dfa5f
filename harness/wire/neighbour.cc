// SPDX-License-Identifier: MIT
#include "wire/neighbour.hh"

#include "wire/icmp.hh"

namespace hermesh::wire {
namespace {

namespace option {
constexpr std::uint8_t source_link_address = 1;
constexpr std::uint8_t target_link_address = 2;
constexpr std::uint8_t prefix_information = 3;
constexpr std::uint8_t mtu = 5;
} // namespace option

constexpr std::size_t neighbour_fixed_size = 24;
constexpr std::size_t advertisement_fixed_size = 16;
constexpr std::uint32_t lifetime_seconds = 86400;

/// Calls `visit(type, option)` for each option; false when one is malformed.
template <typename Visit>
bool each_option(Bytes options, Visit visit) {
  while (!options.empty()) {
    if (options.size() < 8) return false;
    const std::size_t size = std::size_t{load8(options.data() + 1)} * 8;
    if (size == 0 || size > options.size()) return false;
    visit(load8(options.data()), options.first(size));
    options = options.subspan(size);
  }
  return true;
}

void write_link_address(std::byte* p, std::uint8_t type, const MacAddress& mac) {
  store8(p, type);
  store8(p + 1, 1);
  store_mac(p + 2, mac);
}

} // namespace

std::optional<NeighbourMessage> parse_neighbour(Bytes message) {
  if (message.size() < neighbour_fixed_size) return std::nullopt;
  const std::byte* p = message.data();
  const std::uint8_t type = load8(p);
  if (type != icmpv6_type::neighbour_solicitation && type != icmpv6_type::neighbour_advertisement)
    return std::nullopt;
  NeighbourMessage found{.advertisement = type == icmpv6_type::neighbour_advertisement,
                         .target = load_ipv6(p + 8)};
  if (found.advertisement) {
    const std::uint8_t flags = load8(p + 4);
    found.router = (flags & 0x80) != 0;
    found.solicited = (flags & 0x40) != 0;
    found.override_ = (flags & 0x20) != 0;
  }
  const std::uint8_t wanted =
      found.advertisement ? option::target_link_address : option::source_link_address;
  const bool sound =
      each_option(message.subspan(neighbour_fixed_size), [&](std::uint8_t kind, Bytes content) {
        if (kind == wanted) found.link_address = load_mac(content.data() + 2);
      });
  if (!sound || is_ipv6_multicast(found.target)) return std::nullopt;
  return found;
}

void write_neighbour(MutableBytes out,
                     const NeighbourMessage& message,
                     const Address& source,
                     const Address& destination) {
  std::byte* p = out.data();
  store_ipv6(p + 8, message.target);
  write_link_address(p + neighbour_fixed_size,
                     message.advertisement ? option::target_link_address
                                           : option::source_link_address,
                     message.link_address.value_or(MacAddress{}));
  const auto flags = (message.router ? 0x80000000U : 0U) | (message.solicited ? 0x40000000U : 0U) |
                     (message.override_ ? 0x20000000U : 0U);
  write_icmpv6(out.first(neighbour_message_size),
               {.type = message.advertisement ? icmpv6_type::neighbour_advertisement
                                              : icmpv6_type::neighbour_solicitation,
                .rest = message.advertisement ? flags : 0},
               source,
               destination);
}

std::optional<RouterAdvertisement> parse_router_advertisement(Bytes message) {
  if (message.size() < advertisement_fixed_size ||
      load8(message.data()) != icmpv6_type::router_advertisement)
    return std::nullopt;
  RouterAdvertisement found{.router_lifetime_seconds = load16(message.data() + 6)};
  const auto take = [&](std::uint8_t kind, Bytes content) {
    const std::byte* p = content.data();
    if (kind == option::source_link_address) found.link_address = load_mac(p + 2);
    if (kind == option::mtu) found.mtu = load32(p + 4);
    if (kind != option::prefix_information || content.size() < 32) return;
    found.prefix = {.address = load_ipv6(p + 16), .length = std::min<unsigned>(load8(p + 2), 128)};
    found.autonomous = (load8(p + 3) & 0x40) != 0;
  };
  if (!each_option(message.subspan(advertisement_fixed_size), take)) return std::nullopt;
  return found;
}

void write_router_advertisement(MutableBytes out,
                                const RouterAdvertisement& advertisement,
                                const Address& source,
                                const Address& destination) {
  std::ranges::fill(out.first(router_advertisement_size), std::byte{0});
  std::byte* p = out.data() + advertisement_fixed_size;
  write_link_address(p, option::source_link_address, advertisement.link_address);
  p += 8;
  store8(p, option::mtu);
  store8(p + 1, 1);
  store32(p + 4, advertisement.mtu);
  p += 8;
  store8(p, option::prefix_information);
  store8(p + 1, 4);
  store8(p + 2, static_cast<std::uint8_t>(advertisement.prefix.length));
  store8(p + 3, advertisement.autonomous ? 0xc0 : 0x80); // on-link, always
  store32(p + 4, lifetime_seconds);
  store32(p + 8, lifetime_seconds);
  store_ipv6(p + 16, advertisement.prefix.address);
  // Hop limit 64, no flags, the router's lifetime.
  write_icmpv6(out.first(router_advertisement_size),
               {.type = icmpv6_type::router_advertisement,
                .rest = 64U << 24 | advertisement.router_lifetime_seconds},
               source,
               destination);
}

Address link_local_address(const MacAddress& mac) {
  const auto& m = mac.bytes;
  std::array<std::uint8_t, 16> a{0xfe, 0x80};
  a[8] = static_cast<std::uint8_t>(m[0] ^ 0x02);
  a[9] = m[1];
  a[10] = m[2];
  a[11] = 0xff;
  a[12] = 0xfe;
  a[13] = m[3];
  a[14] = m[4];
  a[15] = m[5];
  return Address::v6(a);
}

Address solicited_node_address(const Address& address) {
  const auto& b = address.bytes();
  return Address::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, b[13], b[14], b[15]});
}

Address all_nodes_address() {
  return Address::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

} // namespace hermesh::wire
