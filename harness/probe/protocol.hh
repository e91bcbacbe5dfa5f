// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// What the probe program in a guest and the harness agree on.
///
/// Control: one JSON object per line, both ways, over the machine's probe stream (a virtio port;
/// stdin and stdout under SSH). Requests carry "id"; every request has one answer with the same
/// "id" and either "ok":true or "error":"...". Times are nanoseconds of the guest's CLOCK_MONOTONIC
/// as JSON integers.
///
///   {"id":1,"do":"clock"}                        -> {"id":1,"ok":true,"now":N}
///   {"id":2,"do":"respond","address":"0.0.0.0","port":7000}
///        listen; answer each request once with a reply to the address it came from; then events
///        {"event":"request","stream":S,"seq":N,"time":T,"length":L,"from":"ip:port"} on every
///        arrival and
///        {"event":"replied","stream":S,"seq":N,"time":T,"length":L,"error":0} after sending. The
///        answer carries "port": the one that was bound, when 0 was asked for.
///   {"id":3,"do":"probe","stream":S,"to":"10.42.0.3","port":7000,"interval_ms":100,"seed":X}
///        send requests until stopped, from a port of its own; events
///        {"event":"sent","stream":S,"seq":N,"time":T,"length":L,"error":0} and
///        {"event":"reply","stream":S,"seq":N,"time":T,"length":L,"from":"ip:port"}
///   {"id":5,"do":"rendezvous","address":"0.0.0.0","port":3478}
///        introduce punchers to each other (punch/rendezvous.hh), by UDP and by TCP. The answer
///        carries "port".
///   {"id":6,"do":"punch","session":S,"side":0,"server":"80.100.0.10","port":3478,"interval_ms":40,
///    "rounds":8,"transport":"udp"}
///        one attempt of the reference puncher (punch/puncher.hh) from a fresh port, in place of
///        the one before, by "udp" (the default) or "tcp" (probe/transport.hh); when it is over one
///        event
///        {"event":"punched","session":S,"side":0,"time":T,"told":E,"heard":E,"reached":E}, each E
///        an "ip:port" or null
///   {"id":4,"do":"stop"}                         -> ends every activity
///
/// "time" of "sent" and "replied" is taken before the packet is handed to the kernel, of the others
/// after it came. "error" is the errno with which the kernel refused it, 0 when it was taken. A
/// second request for the same stream (or the same address and port to listen on) takes the place
/// of the first. A host that does not read loses the oldest events, never an answer, and is told:
/// {"event":"dropped","count":N}.
///
/// A host that goes away ends every activity, and whatever was queued for it is forgotten: each
/// session starts from nothing. A host that comes back so fast that the guest did not see it go
/// cannot rely on that, so a session begins with an empty line (it ends what a predecessor left
/// half-written) and a "stop", and ignores every line before that one's answer.
///
/// A probe packet is UDP: 4 bytes magic, 4 bytes stream, 4 bytes sequence, 1 byte kind (0 request,
/// 1 reply), 1 byte the symbol that a request wants its reply to spell (0 in a reply), 2 bytes
/// zero, 8 bytes sender's time, then pseudo-random padding, all big-endian. Its length (UDP
/// payload) is code_length(seed, sequence, kind): only the requester needs to know the seed.
namespace hermesh::probe {

inline constexpr std::uint32_t magic = 0x686d7072; // "hmpr"
inline constexpr std::size_t header_bytes = 24;

/// The lengths that spell the code. The step is larger than any VPN's own overhead (encapsulation,
/// authentication tag, padding) can vary, so an encrypted frame's length still tells the symbol.
inline constexpr std::size_t shortest = 128;
inline constexpr std::size_t step = 192;
inline constexpr std::uint32_t symbols = 6; ///< 128, 320, ..., 1088: fits a 1280-byte overlay MTU

/// Which symbol a packet spells. Neighbours in a stream differ with probability 5/6.
constexpr std::uint32_t code_symbol(std::uint64_t seed, std::uint32_t sequence, unsigned kind) {
  std::uint64_t z = seed ^ (std::uint64_t{sequence} << 1 | kind);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL + 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<std::uint32_t>(((z ^ (z >> 31)) >> 32) * symbols >> 32);
}
constexpr std::size_t symbol_length(std::uint32_t symbol) {
  return shortest + step * symbol;
}
constexpr std::size_t code_length(std::uint64_t seed, std::uint32_t sequence, unsigned kind) {
  return symbol_length(code_symbol(seed, sequence, kind));
}

} // namespace hermesh::probe
