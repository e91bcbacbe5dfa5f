// SPDX-License-Identifier: MIT
#include "probe/puncher_activity.hh"

#include "base/error.hh"

#include <nlohmann/json.hpp>
#include <sys/timerfd.h>
#include <unistd.h>

#include <utility>
#include <variant>

namespace hermesh::probe {
namespace {

using namespace std::chrono_literals;

constexpr Duration introduction_patience = 4s; ///< the other side may start later
constexpr Duration last_answers = 120ms;       ///< after the last round: answers on their way

Fd ticking(Duration interval) {
  Fd timer{check("make a timer", ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))};
  itimerspec spec{};
  spec.it_value.tv_nsec = 1; // the first at once
  spec.it_interval.tv_sec = interval / 1s;
  spec.it_interval.tv_nsec = (interval % 1s).count();
  check("set a timer", ::timerfd_settime(timer.get(), 0, &spec, nullptr));
  return timer;
}

Transport open_transport(PunchBy by, const SocketAddress& local) {
  if (by == PunchBy::tcp) return TcpTransport(local);
  return UdpTransport(local);
}

int descriptor_of(const Transport& transport) {
  return std::visit([](const auto& one) { return one.descriptor(); }, transport);
}

nlohmann::json text_or_null(const std::optional<Endpoint>& endpoint) {
  return endpoint ? nlohmann::json(to_string(socket_of(*endpoint))) : nlohmann::json();
}

} // namespace

PuncherActivity::PuncherActivity(const punch::PuncherOptions& options,
                                 PunchBy transport,
                                 EventSink sink)
    : options_(options), puncher_(options), sink_(std::move(sink)),
      transport_(open_transport(
          transport, socket_address(options.server.address.is_v4() ? "0.0.0.0" : "::", 0))),
      timer_(ticking(options.interval / 2)), // an introduction makes a round due at once
      started_(monotonic_now()) {}

int PuncherActivity::socket() const {
  return descriptor_of(transport_);
}

void PuncherActivity::tick() {
  std::uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
  advance();
}

void PuncherActivity::advance() {
  const auto now = monotonic_now();
  const Time since{now - started_};
  send(puncher_.advance(since));
  if (reported_) return;
  if (puncher_.spent() && spent_at_ == 0) spent_at_ = now;
  const bool over = spent_at_ != 0 && now - spent_at_ > last_answers.count();
  if (over || (!puncher_.told() && since > introduction_patience)) report();
}

void PuncherActivity::report() {
  reported_ = true;
  sink_({{"event", "punched"},
         {"session", options_.session},
         {"side", options_.side},
         {"time", monotonic_now()},
         {"told", text_or_null(puncher_.told())},
         {"heard", text_or_null(puncher_.heard())},
         {"reached", text_or_null(puncher_.reached())}});
}

void PuncherActivity::receive() {
  for (const auto& [from, message] :
       std::visit([](auto& one) { return one.receive(); }, transport_))
    send(puncher_.receive(from, message));
  advance();
}

void PuncherActivity::send(const std::vector<punch::Datagram>& datagrams) {
  for (const auto& datagram : datagrams)
    std::visit([&](auto& one) { one.send(datagram.message, datagram.to); }, transport_);
}

RendezvousActivity::RendezvousActivity(const SocketAddress& local, PunchBy transport)
    : transport_(open_transport(transport, local)) {}

int RendezvousActivity::socket() const {
  return descriptor_of(transport_);
}

std::uint16_t RendezvousActivity::port() const {
  return std::visit([](const auto& one) { return one.port(); }, transport_);
}

void RendezvousActivity::receive() {
  for (const auto& [from, message] :
       std::visit([](auto& one) { return one.receive(); }, transport_))
    if (const auto reply = rendezvous_.receive(from, message))
      std::visit([&](auto& one) { one.send(reply->message, reply->to); }, transport_);
}

} // namespace hermesh::probe
