// SPDX-License-Identifier: MIT
//
// Ipv4Path: pieces of datagrams, and the outside link that makes them.
#include "fabric/core.hh"
#include "fabric/ipv4_path.hh"
#include "wire/fragment.hh"

namespace hermesh {
void Ipv4Path::later_fragment(Packet& packet, wire::End end) {
  if (packet.ip.overlaps_tcp_header()) return drop(packet, DropReason::malformed);
  const auto decision = fragments_.find(packet.ip, packet.transit);
  if (!decision) {
    if (!fragments_.hold(packet.ip, packet.transit)) drop(packet, DropReason::fragment_timeout);
    return;
  }
  if (decision->drop != DropReason::none) return drop(packet, decision->drop);
  const bool inwards = packet.from_outside() || decision->hairpin_source;
  if (inwards && !ttl_is_left(packet)) return;
  if (decision->hairpin_source)
    return forward_hairpinned(packet,
                              {.source = {.address = *decision->hairpin_source},
                               .destination = {.address = decision->address}});
  translate_and_send(packet, end, {.address = decision->address});
}

/// Call after the first fragment went its way: those that waited for it follow.
void Ipv4Path::settle_fragments(const Packet& packet, const Fragments::Decision& decision) {
  fragments_.decide(packet.ip, packet.transit, decision, [&](const Transit& transit) {
    receive(packet.side, transit);
  });
}

/// The link outside takes no more than its MTU, whichever end sends; for the far end, the gateway
/// speaks. False: the packet went on in pieces, or its sender was told (RFC 1191 section 4), or
/// nobody was.
bool Ipv4Path::fits_outside(const Packet& packet) {
  if (packet.ip.total_size <= effective_.mtu) return true;
  if (!packet.ip.dont_fragment) {
    wire::fragment_ipv4(packet.transit.frame, effective_.mtu, [&](wire::MutableBytes piece) {
      Transit part = packet.transit;
      part.frame = piece;
      receive(packet.side, part);
    });
    return false;
  }
  if (effective_.mtu_errors)
    answer(packet,
           {.type = wire::icmp_type::unreachable,
            .code = wire::icmp_code::fragmentation_needed,
            .rest = effective_.mtu});
  refuse(packet, DropReason::too_big);
  return false;
}

void Ipv4Path::forward(Packet& packet, const Route& way) {
  wire::decrement_ttl_ipv4(packet.bytes);
  Interface& out = interfaces_[way.side];
  if (way.side != 0 || packet.bytes.size() <= effective_.mtu)
    return out.send(way.next_hop, packet.transit.frame);
  wire::fragment_ipv4(packet.transit.frame, effective_.mtu, [&](wire::MutableBytes piece) {
    out.send(way.next_hop, piece);
  });
}

} // namespace hermesh
