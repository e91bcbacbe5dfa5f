// SPDX-License-Identifier: MIT
#include "machine/event_thread.hh"

#include "machine/libvirt_handles.hh"
#include "machine/signals.hh"

#include <libvirt/virterror.h>

namespace hermesh {
namespace {

constexpr int idle_tick_ms = 1000;

void nothing(int /*timer*/, void* /*opaque*/) {}
void silent(void* /*opaque*/, virErrorPtr /*error*/) {} // errors are thrown, not printed

} // namespace

EventThread::EventThread() {
  virSetErrorFunc(nullptr, silent);
  require("initialise libvirt", virInitialize());
  require("register libvirt's event loop", virEventRegisterDefaultImpl());
  tick_ = require("add a timer to libvirt's event loop",
                  virEventAddTimeout(idle_tick_ms, nothing, nullptr, nullptr));
  const BlockSignals blocked; // inherited by the thread
  thread_ = std::thread([this] {
    while (!stopping_)
      virEventRunDefaultImpl();
  });
}

EventThread::~EventThread() {
  stopping_ = true;
  virEventUpdateTimeout(tick_, 0); // wakes the loop
  thread_.join();
}

} // namespace hermesh
