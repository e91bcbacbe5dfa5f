// SPDX-License-Identifier: MIT
//
// What the probe program and the reference puncher read off the network, and what a puncher and its
// rendezvous server make of it.
#include "probe/packet.hh"
#include "probe/protocol.hh"
#include "punch/message.hh"
#include "punch/puncher.hh"
#include "punch/rendezvous.hh"

#include <cstdlib>

namespace {

using namespace hermesh;

void require(bool holds) {
  if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto packet = probe::decode(bytes)) {
    const auto again = probe::encode(*packet, std::max(size, probe::header_bytes));
    require(probe::decode(again) == packet);
  }
  punch::Rendezvous server;
  punch::Puncher puncher({.session = 1, .side = 0, .server = {Address::v4(0x50640010), 3478}});
  puncher.advance(Time{0});
  const Endpoint from{Address::v4(0x50640001), 5000};
  for (auto rest = bytes; !rest.empty();) {
    const auto length = std::min(punch::message_bytes, rest.size());
    const auto message = punch::decode(rest.first(length));
    rest = rest.subspan(length);
    if (!message) continue;
    require(punch::decode(punch::encode(*message)) == message);
    if (const auto answer = server.receive(from, *message)) {
      require(answer->to == from && answer->message.session == message->session);
      puncher.receive({Address::v4(0x50640010), 3478}, answer->message);
    }
    puncher.receive(from, *message);
  }
  return 0;
}
