// SPDX-License-Identifier: MIT
//
// Gateways of every kind, and everything that is done to them meanwhile: the input draws how they
// behave, then plays frames from three machines, time that passes, other rules, reboots, timers
// that run ahead, cut and moved machines, virtual hosts. Afterwards every frame is accounted for,
// and a gateway with the plainest rules still works.
#include "fuzz/two_gateways.hh"
#include "unit/runner/random_behaviour.hh"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

namespace {

using namespace hermesh;
using namespace hermesh::testing;

class Play {
public:
  explicit Play(std::span<const std::byte> script)
      : script_(script),
        fabric_(two_gateways(drawn()),
                {.deliver = [this](auto port, auto frame) { take(port, frame); }}) {}

  void run() {
    while (!script_.empty())
      step(byte());
    settle();
    if (!still_works() || accounted_for(fabric_) < sent_) std::abort();
  }

private:
  std::uint8_t byte() {
    if (script_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(script_[0]);
    script_ = script_.subspan(1);
    return value;
  }

  nat::Behaviour drawn() {
    Random random(byte() | std::uint64_t{byte()} << 8);
    return random_behaviour(random);
  }

  const char* gateway() { return byte() % 2 == 0 ? "home" : "carrier"; }

  void step(std::uint8_t what) {
    switch (what % 32) {
    case 0: return fabric_.set_behaviour(gateway(), drawn());
    case 1: return fabric_.clear_state(gateway());
    case 2: return fabric_.open(gateway(), byte() % 2 == 0);
    case 3: return fabric_.age(gateway(), std::chrono::seconds{1 << byte() % 16});
    case 4: return fabric_.cut("mid", byte() % 2 == 0);
    case 5: return fabric_.move(PortId{1}, byte() % 2 == 0 ? "carrier" : "home");
    case 6: return attach();
    case 7: return fabric_.full(PortId{0}, byte() % 2 == 0);
    case 8: return pass(std::chrono::milliseconds{10 << byte() % 16});
    default: return send(what);
    }
  }

  void attach() {
    if (virtual_host_) fabric_.detach(*virtual_host_);
    virtual_host_ = fabric_.attach("home", mac(9));
  }

  void pass(Duration by) {
    now_ += by;
    fabric_.advance(now_);
  }

  void send(std::uint8_t head) {
    const auto high = byte();
    const std::size_t length = std::min<std::size_t>((high << 8 | byte()) % 1600, script_.size());
    std::vector<std::byte> frame(script_.begin(),
                                 script_.begin() + static_cast<std::ptrdiff_t>(length));
    script_ = script_.subspan(length);
    const auto port = virtual_host_ && head % 4 == 3 ? *virtual_host_ : PortId{head % 3U};
    fabric_.receive(port, frame, now_);
    ++sent_;
  }

  void take(PortId port, std::span<const std::byte> frame) {
    if (frame.size() > wire::ethernet_frame_limit) std::abort();
    const auto summary = wire::summarise(frame);
    reached_ = reached_ || (port == PortId{2} && summary && summary->destination.port == 61235);
  }

  /// The rules are plain again; neighbours and fragments time out.
  void settle() {
    for (const auto* name : {"home", "carrier"}) {
      fabric_.set_behaviour(name, {});
      fabric_.clear_state(name);
      fabric_.open(name, false);
    }
    pass(std::chrono::minutes{2});
  }

  bool still_works() {
    const wire::FrameAddresses ends{.source_mac = mac(1),
                                    .destination_mac = mac(0x21),
                                    .source = {ip("192.168.1.10"), 61234},
                                    .destination = {ip("80.100.0.100"), 61235}};
    auto frame = wire::make_udp_frame(ends, {});
    auto known = wire::make_arp_reply(mac(3), ip("80.100.0.100"), mac(0x10), ip("80.100.0.1"));
    fabric_.receive(PortId{0}, frame, now_);
    fabric_.receive(PortId{2}, known, now_);
    return reached_;
  }

  std::span<const std::byte> script_;
  Fabric fabric_;
  Time now_{0};
  std::uint64_t sent_ = 0;
  bool reached_ = false;
  std::optional<PortId> virtual_host_{};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Play(std::as_bytes(std::span(data, size))).run();
  return 0;
}
