// SPDX-License-Identifier: MIT
#include "fabric/loop.hh"

#include "fabric/loop_thread.hh"

#include <thread>

namespace hermesh {

struct FabricLoop::Impl {
  Impl(const Network& network, const FabricOptions& options)
      : loop(network, options), thread([this] { loop.run(); }) {}
  ~Impl() {
    loop.stop();
    thread.join();
  }

  /// Run in the loop's thread; a call from there would wait for itself.
  void call(const std::function<void()>& body) {
    if (std::this_thread::get_id() == thread.get_id())
      throw Error("the fabric's loop was asked to wait for itself");
    loop.requests().run(body);
  }

  LoopThread loop;
  std::thread thread;
};

FabricLoop::FabricLoop(const Network& network, const FabricOptions& options)
    : impl_(std::make_unique<Impl>(network, options)) {}
FabricLoop::~FabricLoop() = default;

std::uint16_t FabricLoop::listening_port(const std::string& card) const {
  return impl_->loop.listening_port(card);
}

void FabricLoop::with(const std::function<void(Fabric&, Time now)>& body) {
  impl_->call([&] { impl_->loop.with(body); });
}

Time FabricLoop::now() const {
  return impl_->loop.now();
}

std::vector<PortCounters> FabricLoop::counters() {
  std::vector<PortCounters> counters;
  impl_->call([&] { counters = impl_->loop.counters(); });
  return counters;
}

FabricHealth FabricLoop::health() {
  return impl_->loop.health();
}

void FabricLoop::flush_captures() {
  impl_->call([&] { impl_->loop.flush_captures(); });
}

void FabricLoop::on_virtual_frame(
    std::function<void(PortId, std::span<const std::byte>, Time)> sink) {
  impl_->call([&] { impl_->loop.on_virtual_frame(std::move(sink)); });
}

} // namespace hermesh
