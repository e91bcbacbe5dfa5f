// SPDX-License-Identifier: MIT
#include "fabric/loop_thread.hh"

#include "base/error.hh"

#include <sys/prctl.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_wait = 100ms; // so that a starved thread notices
constexpr Duration between_flushes = 200ms;
constexpr int most_idle_turns = 10'000;
constexpr std::uint64_t requests_tag = ~std::uint64_t{0};

std::uint64_t wall_clock_now() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

} // namespace

LoopThread::LoopThread(const Network& network, const FabricOptions& options)
    : epoll_(check("make an epoll", ::epoll_create1(EPOLL_CLOEXEC))),
      fabric_(network,
              {.deliver = [this](PortId port, std::span<const std::byte> f) { deliver(port, f); },
               .tap = options.captures.empty()
                          ? std::function<void(const TapRecord&)>{}
                          : [this](const TapRecord& record) { tap(record); }}) {
  for (const Card& card : network.cards) {
    const std::string name = card.machine + "." + card.name;
    LoopPort& port = ports_.emplace_back(fabric_.port(name), name, options.port_queue_bytes);
    fabric_.full(port.id(), true); // nobody is there yet
    watch(port.listener(), static_cast<std::uint64_t>(port.id()));
  }
  watch(requests_.descriptor(), requests_tag);
  if (!options.captures.empty()) {
    const std::uint64_t epoch = wall_clock_now() - static_cast<std::uint64_t>(now().count());
    for (std::size_t i = 0; i < network.segments.size(); ++i)
      captures_.emplace_back(options, network.segments[i].name, fabric_.segment_ports(i), epoch);
  }
  events_.resize(std::max<std::size_t>(ports_.size() + 1, 16));
}

std::uint16_t LoopThread::listening_port(const std::string& card) const {
  for (const LoopPort& port : ports_)
    if (port.counters().port == card) return port.listening_port();
  throw Error("the fabric has no port '" + card + "'");
}

Time LoopThread::now() const {
  return Clock::now() - start_;
}

void LoopThread::stop() {
  stopping_ = true;
  requests_.wake();
}

void LoopThread::run() noexcept {
  std::string why = "the fabric's loop was stopped";
  try {
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); // delays of links are in microseconds
    while (!stopping_)
      turn();
    flush_captures();
  } catch (const std::exception& error) {
    why = std::string("the fabric's loop ended: ") + error.what();
    health_.with([&](FabricHealth& health) { health.problem = why; });
    for (LoopPort& port : ports_)
      port.hang_up();
  }
  requests_.end(why);
}

void LoopThread::turn() {
  const Time until = std::min({due_, flush_due_, now() + longest_wait});
  const int events = wait(until);
  now_ = now();
  note_stall(now_ - until); // frames that wait are no excuse: the thread was due at `until`
  bool progress = false;
  for (int i = 0; i < events; ++i)
    if (handle(events_[static_cast<std::size_t>(i)])) progress = true;
  const Time due_before = due_;
  due_ = fabric_.advance(now_).value_or(Time::max());
  if (flush_dirty() || due_ != due_before) progress = true;
  if (now_ >= flush_due_) {
    for (CaptureFile& capture : captures_)
      capture.flush();
    note_capture_problems();
    flush_due_ = captures_.empty() ? Time::max() : now_ + between_flushes;
  }
  note_stall(now() - now_);
  guard_against_spinning(progress, events);
}

int LoopThread::wait(Time until) {
  const Duration left = std::max(Duration::zero(), until - now());
  const auto room = static_cast<int>(events_.size());
  int events = -1;
  if (precise_) {
    const timespec limit{.tv_sec = static_cast<time_t>(left / 1s),
                         .tv_nsec = static_cast<long>((left % 1s).count())};
    events = ::epoll_pwait2(epoll_.get(), events_.data(), room, &limit, nullptr);
    if (events < 0 && (errno == ENOSYS || errno == EPERM)) precise_ = false; // before Linux 5.11
  }
  if (!precise_)
    events =
        ::epoll_wait(epoll_.get(), events_.data(), room, static_cast<int>((left + 999us) / 1ms));
  if (events < 0 && errno == EINTR) return 0;
  return check("wait for frames", events);
}

bool LoopThread::handle(const epoll_event& event) {
  if (event.data.u64 == requests_tag) {
    const bool served = requests_.serve();
    now_ = now(); // a request may take as long as it likes; that is no stall
    return served;
  }
  LoopPort& port = ports_[static_cast<std::size_t>(event.data.u64)];
  if (port.peer() < 0) return port.listener() >= 0 && accept(port);
  bool progress = false;
  if ((event.events & EPOLLOUT) != 0) progress = drain(port);
  if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) progress = read(port) || progress;
  return progress;
}

bool LoopThread::accept(LoopPort& port) {
  if (!port.accept()) return true; // a stranger went away
  watch(port.peer(), static_cast<std::uint64_t>(port.id()));
  tell_fabric(port, false);
  return true;
}

bool LoopThread::read(LoopPort& port) {
  const auto outcome =
      port.read([&](wire::MutableBytes frame) { fabric_.receive(port.id(), frame, now_); });
  if (outcome == LoopPort::Reading::gone) hang_up(port);
  return outcome != LoopPort::Reading::nothing;
}

bool LoopThread::drain(LoopPort& port) {
  const bool wrote = port.flush();
  if (!port.has_output()) watch_writing(port, false);
  if (port.is_full && port.is_half_empty()) tell_fabric(port, false);
  return wrote;
}

bool LoopThread::flush_dirty() {
  bool wrote = false;
  for (LoopPort* port : dirty_) {
    port->is_dirty = false;
    if (port->flush()) wrote = true;
    if (port->has_output()) watch_writing(*port, true);
    if (port->is_full && port->is_half_empty()) tell_fabric(*port, false);
  }
  dirty_.clear();
  return wrote;
}

/// The peer is gone for good: whoever connected there again would not be the machine we know.
void LoopThread::hang_up(LoopPort& port) {
  port.hang_up();
  port.wants_write = false;
  tell_fabric(port, true);
}

void LoopThread::deliver(PortId id, std::span<const std::byte> frame) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= ports_.size()) {
    if (sink_) sink_(id, frame, now_);
    return;
  }
  LoopPort& port = ports_[index];
  port.push(frame);
  if (!port.is_dirty) {
    port.is_dirty = true;
    dirty_.push_back(&port);
  }
  if (port.has_room()) return;
  port.flush();
  if (!port.has_room()) tell_fabric(port, true);
}

void LoopThread::tell_fabric(LoopPort& port, bool is_full) {
  port.is_full = is_full;
  fabric_.full(port.id(), is_full);
}

void LoopThread::tap(const TapRecord& record) {
  captures_[record.segment].record(record, [&] { return fabric_.segment_ports(record.segment); });
}

void LoopThread::with(const std::function<void(Fabric&, Time)>& body) {
  now_ = now();
  body(fabric_, now_);
  due_ = Time{0}; // ask the fabric again
}

std::vector<PortCounters> LoopThread::counters() const {
  std::vector<PortCounters> counters;
  for (const LoopPort& port : ports_)
    counters.push_back(port.counters());
  return counters;
}

void LoopThread::flush_captures() {
  for (CaptureFile& capture : captures_)
    capture.flush();
  note_capture_problems();
}

FabricHealth LoopThread::health() {
  return health_.with([](const FabricHealth& health) { return health; });
}

void LoopThread::watch(int descriptor, std::uint64_t tag) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
  check("watch a descriptor", ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event));
}

void LoopThread::watch_writing(LoopPort& port, bool on) {
  if (port.wants_write == on || port.peer() < 0) return;
  port.wants_write = on;
  epoll_event event{.events = EPOLLIN | (on ? static_cast<std::uint32_t>(EPOLLOUT) : 0U),
                    .data = {.u64 = static_cast<std::uint64_t>(port.id())}};
  check("watch a port", ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, port.peer(), &event));
}

/// Woken again and again with nothing to do, the loop would starve the machines without a word.
void LoopThread::guard_against_spinning(bool progress, int events) {
  const bool waited = events == 0 && now() > now_;
  if (progress || (waited && due_ > now_)) {
    idle_turns_ = 0;
    return;
  }
  if (++idle_turns_ < most_idle_turns) return;
  throw Error("woken " + std::to_string(most_idle_turns) + " times with nothing to do (" +
              std::to_string(events) + " events)");
}

void LoopThread::note_stall(Duration stall) {
  health_.with(
      [&](FabricHealth& health) { health.longest_stall = std::max(health.longest_stall, stall); });
}

void LoopThread::note_capture_problems() {
  for (const CaptureFile& capture : captures_)
    if (!capture.problem().empty())
      health_.with([&](FabricHealth& health) {
        if (health.capture_problem.empty()) health.capture_problem = capture.problem();
      });
}

} // namespace hermesh
