// SPDX-License-Identifier: MIT
#include "probe/puncher_activity.hh"

#include "base/error.hh"

#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstring>

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

nlohmann::json text_or_null(const std::optional<Endpoint>& endpoint) {
  return endpoint ? nlohmann::json(to_string(socket_of(*endpoint))) : nlohmann::json();
}

} // namespace

Endpoint endpoint_of(const SocketAddress& socket) {
  if (socket.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket.storage, sizeof v4);
    return {.address = Address::v4(ntohl(v4.sin_addr.s_addr)), .port = ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &socket.storage, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return {.address = Address::v6(bytes), .port = ntohs(v6.sin6_port)};
}

SocketAddress socket_of(const Endpoint& endpoint) {
  SocketAddress socket;
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(endpoint.address.v4_value());
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&socket.storage, &v4, sizeof v4);
    socket.size = sizeof v4;
    return socket;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), 16);
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&socket.storage, &v6, sizeof v6);
  socket.size = sizeof v6;
  return socket;
}

PuncherActivity::PuncherActivity(const punch::PuncherOptions& options, EventSink sink)
    : options_(options), puncher_(options), sink_(std::move(sink)),
      socket_(udp_socket(socket_address(options.server.address.is_v4() ? "0.0.0.0" : "::", 0))),
      timer_(ticking(options.interval / 2)), // an introduction makes a round due at once
      started_(monotonic_now()) {}

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
  std::array<std::byte, 2048> buffer{};
  Datagram datagram;
  for (int i = 0; i < most_at_once && probe::receive(socket_, buffer, datagram); ++i)
    if (const auto message = punch::decode(datagram.bytes))
      send(puncher_.receive(endpoint_of(datagram.from), *message));
  advance();
}

void PuncherActivity::send(const std::vector<punch::Datagram>& datagrams) {
  for (const auto& datagram : datagrams)
    probe::send(socket_, punch::encode(datagram.message), socket_of(datagram.to));
}

RendezvousActivity::RendezvousActivity(const SocketAddress& local) : socket_(udp_socket(local)) {}

void RendezvousActivity::receive() {
  std::array<std::byte, 2048> buffer{};
  Datagram datagram;
  for (int i = 0; i < most_at_once && probe::receive(socket_, buffer, datagram); ++i) {
    const auto message = punch::decode(datagram.bytes);
    if (!message) continue;
    if (const auto reply = rendezvous_.receive(endpoint_of(datagram.from), *message))
      probe::send(socket_, punch::encode(reply->message), socket_of(reply->to));
  }
}

} // namespace hermesh::probe
