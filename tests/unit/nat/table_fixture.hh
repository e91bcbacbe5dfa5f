// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"

#include <gtest/gtest.h>

#include <ostream>

namespace hermesh {

inline void PrintTo(const Endpoint& endpoint, std::ostream* out) {
  *out << to_string(endpoint);
}

} // namespace hermesh

namespace hermesh::nat {

inline void PrintTo(const Translation& t, std::ostream* out) {
  *out << (t ? to_string(t.endpoint) : to_string(t.refusal));
}

// The people of these tests.
inline constexpr Address wan = Address::v4(0x50640001); // 80.100.0.1
inline constexpr Endpoint laptop{.address = Address::v4(0xC0A80102), .port = 41641};
inline constexpr Endpoint phone{.address = Address::v4(0xC0A80103), .port = 41641};
inline constexpr Endpoint peer{.address = Address::v4(0x50640A01), .port = 3478};
inline constexpr Endpoint peer_other_port{.address = Address::v4(0x50640A01), .port = 3479};
inline constexpr Endpoint stranger{.address = Address::v4(0x50640A02), .port = 3478};
inline constexpr Time noon = std::chrono::hours{12};
inline constexpr auto udp = Protocol::udp;

inline constexpr Translation no_mapping{.refusal = Refusal::no_mapping};
inline constexpr Translation filtered{.refusal = Refusal::filtered};
inline constexpr Translation ports_exhausted{.refusal = Refusal::ports_exhausted};
inline constexpr Translation host_limit{.refusal = Refusal::host_limit};
inline constexpr Translation table_full{.refusal = Refusal::table_full};

inline Translation to(const Endpoint& inside) {
  return {.endpoint = inside};
}

inline Table nat_with(const Behaviour& behaviour, std::uint64_t seed = 1) {
  return {behaviour, wan, seed};
}

} // namespace hermesh::nat
