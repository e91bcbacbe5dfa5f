// SPDX-License-Identifier: MIT
// What out policies leave of a VPN's transports.
#include "oracle/transports.hh"

#include <algorithm>

namespace hermesh::oracle {
namespace {

constexpr std::uint16_t https = 443;

bool speaks(const Abilities& abilities, const std::string& transport) {
  return std::ranges::find(abilities.transports, transport) != abilities.transports.end();
}

bool passes_to_https(const Side& side) {
  return std::ranges::all_of(
      side.chain, [](const auto& layer) { return layer.passes(nat::Protocol::tcp, https); });
}

} // namespace

bool is_public(const Side& side) {
  return side.chain.empty();
}

bool passes(const Side& side, nat::Protocol protocol) {
  return std::ranges::all_of(side.chain, [&](const auto& layer) {
    return (protocol == nat::Protocol::udp ? layer.udp_out : layer.tcp_out).passes_all();
  });
}

bool reaches(const Side& side, const Side& server, const Abilities& abilities) {
  if (!is_public(server)) return false;
  return (speaks(abilities, "udp") && passes(side, nat::Protocol::udp)) ||
         (speaks(abilities, "tcp") && passes_to_https(side));
}

std::optional<nat::Protocol>
punching_protocol(const Side& a, const Side& b, const Abilities& abilities) {
  const auto passes_both = [&](nat::Protocol protocol) {
    return passes(a, protocol) && passes(b, protocol);
  };
  if (abilities.punches_udp && passes_both(nat::Protocol::udp)) return nat::Protocol::udp;
  if (abilities.punches_tcp && passes_both(nat::Protocol::tcp)) return nat::Protocol::tcp;
  return std::nullopt;
}

} // namespace hermesh::oracle
