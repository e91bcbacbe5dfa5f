// SPDX-License-Identifier: MIT
//
// Ipv4Path: pieces of datagrams, and the outside link that makes them.
#include "fabric/core.hh"
#include "fabric/ipv4_path.hh"
#include "wire/fragment.hh"

namespace hermesh {
namespace {

Fragments::Key fragment_key(const wire::IpHeader& ip, const Transit& transit) {
  return {.source = ip.source,
          .destination = ip.destination,
          .identification = ip.identification,
          .protocol = ip.protocol,
          .port = Fragments::port_of(transit)};
}

} // namespace

void Ipv4Path::later_fragment(Packet& packet, wire::End end) {
  if (packet.ip.overlaps_tcp_header()) return drop(packet, DropReason::malformed);
  const auto decision = fragments_.find(fragment_key(packet.ip, packet.transit));
  if (!decision) {
    const bool held = fragments_.hold(fragment_key(packet.ip, packet.transit),
                                      packet.transit,
                                      core_.now(),
                                      [this](const Transit& transit) {
                                        interfaces_[0].drop(transit, DropReason::fragment_timeout);
                                      });
    if (!held) drop(packet, DropReason::fragment_timeout);
    core_.wake_at(fragments_.due());
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
  if (!packet.ip.is_fragment() || !packet.ip.has_upper_header()) return;
  fragments_.decide(
      fragment_key(packet.ip, packet.transit),
      decision,
      core_.now(),
      [&](const Transit& transit) {
        resuming_ = true;
        receive(packet.side, transit);
        resuming_ = false;
      },
      [this](const Transit& transit) {
        interfaces_[0].drop(transit, DropReason::fragment_timeout);
      });
  core_.wake_at(fragments_.due());
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

/// Of a datagram in pieces none may overlap another: a host that put them together might see other
/// ports than the gateway did (RFC 1858 section 4).
bool Ipv4Path::is_whole(const Packet& packet) {
  if (!packet.ip.is_fragment() || resuming_) return true;
  const std::uint32_t begin = packet.ip.fragment_offset;
  const auto size = static_cast<std::uint32_t>(packet.ip.data_size());
  const auto drop_as = [this](DropReason reason) {
    return [this, reason](const Transit& transit) { interfaces_[0].drop(transit, reason); };
  };
  const bool whole = fragments_.admit(fragment_key(packet.ip, packet.transit),
                                      {.begin = begin, .end = begin + size},
                                      core_.now(),
                                      drop_as(DropReason::fragment_overlap),
                                      drop_as(DropReason::fragment_timeout));
  core_.wake_at(fragments_.due());
  return whole;
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
