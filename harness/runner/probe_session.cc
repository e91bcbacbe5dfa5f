// SPDX-License-Identifier: MIT
#include "runner/probe_session.hh"

#include "base/error.hh"
#include "runner/probe_event.hh"
#include "runner/probe_link.hh"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Duration answer_patience = 60s;
constexpr int first_clock_questions = 8;
constexpr Duration clock_interval = 500ms;
/// A probe that was sent less than this ago and has not arrived is on its way, not lost.
constexpr Duration on_its_way = 1s;

/// One sequence, as both programs told it, in guest times.
struct Exchange {
  std::size_t request_length = 0;
  std::size_t reply_length = 0;
  std::optional<Time> request_sent{};     ///< A's clock
  std::optional<Time> request_received{}; ///< B's clock
  std::optional<Time> reply_sent{};       ///< B's clock
  std::optional<Time> reply_received{};   ///< A's clock
};

/// A copy that comes later does not count: what came first is what travelled.
void note(std::optional<Time>& first, Time time) {
  if (!first) first = time;
}

} // namespace

struct ProbeSession::Impl {
  Impl(Fd requester, Fd responder, ProbeOptions chosen)
      : options(std::move(chosen)), a(options.requester,
                                      std::move(requester),
                                      options.now,
                                      [this](const json& e) { take(e, a); }),
        b(options.responder, std::move(responder), options.now, [this](const json& e) {
          take(e, b);
        }) {}

  /// Read what comes until `done` says so. False: time was over.
  template <typename Done>
  bool read_until(Time deadline, Done done) {
    while (!done()) {
      const auto left = deadline - options.now();
      if (left <= 0ns) return false;
      std::array<pollfd, 2> polls{{{a.fd(), POLLIN, 0}, {b.fd(), POLLIN, 0}}};
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left);
      ::poll(polls.data(), polls.size(), static_cast<int>(std::min(wait, 100ms).count()));
      if (polls[0].revents != 0) a.read();
      if (polls[1].revents != 0) b.read();
      keep_clocks();
    }
    return true;
  }

  template <typename Done>
  void await(const ProbeLink& link, std::string_view what, Done done) {
    if (!read_until(options.now() + answer_patience, done))
      throw Error(fmt::format("waited {} for the probe program on machine '{}' to {}",
                              to_string(answer_patience),
                              link.machine(),
                              what));
  }

  void ask(ProbeLink& link, std::string_view what, json request) {
    const auto id = link.send(std::move(request));
    await(link, what, [&] { return link.take_answer(id).has_value(); });
  }

  void synchronise(ProbeLink& link) {
    await(link, "answer", [&] { return link.ready(); });
    for (int i = 0; i < first_clock_questions; ++i) {
      link.ask_clock();
      await(link, "tell its time", [&] { return !link.clock_asked(); });
    }
  }

  void start() {
    synchronise(a);
    synchronise(b);
    next_clock = options.now() + clock_interval;
    ask(b,
        "listen",
        {{"do", "respond"},
         {"address", options.target.is_v4() ? "0.0.0.0" : "::"},
         {"port", options.port}});
    ask(a,
        "send",
        {{"do", "probe"},
         {"stream", options.stream},
         {"to", to_string(options.target)},
         {"port", options.port},
         {"interval_ms", options.interval.count()},
         {"seed", options.seed}});
  }

  void keep_clocks() {
    const auto now = options.now();
    if (!next_clock || now < *next_clock || stopped) return;
    next_clock = now + clock_interval;
    a.ask_clock();
    b.ask_clock();
  }

  void take(const json& said, const ProbeLink& link) {
    const auto event = read_probe_event(said, link.machine());
    if (event.stream != options.stream) return;
    if (event.sequence >= exchanges.size()) exchanges.resize(event.sequence + 1);
    auto& exchange = exchanges[event.sequence];
    switch (event.kind) {
    case ProbeEvent::Kind::sent:
      note(exchange.request_sent, event.time);
      exchange.request_length = event.length;
      break;
    case ProbeEvent::Kind::request: note(exchange.request_received, event.time); break;
    case ProbeEvent::Kind::replied:
      note(exchange.reply_sent, event.time);
      exchange.reply_length = event.length;
      break;
    case ProbeEvent::Kind::reply: note(exchange.reply_received, event.time); break;
    case ProbeEvent::Kind::other: break;
    }
  }

  /// The moment of which the tracks speak.
  Time present() const { return stopped ? *stopped : options.now(); }

  void append(ProbeTrack& track,
              const ProbeLink& from,
              const ProbeLink& to,
              std::uint32_t sequence,
              std::size_t length,
              std::optional<Time> sent,
              std::optional<Time> received) const {
    if (!sent) return;
    ProbeRecord record{
        .sequence = sequence, .length = length, .sent = from.clock().to_fabric(*sent)};
    if (received) record.received = to.clock().to_fabric(*received);
    if (!received && record.sent > present() - on_its_way) return;
    track.probes.push_back(record);
  }

  template <typename Count>
  std::uint32_t count_between(Time from, Time to, Count counts) const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(exchanges, [&](const Exchange& exchange) {
          if (!exchange.request_sent || !counts(exchange)) return false;
          const auto sent = a.clock().to_fabric(*exchange.request_sent);
          return sent >= from && sent < to;
        }));
  }

  ProbeOptions options;
  ProbeLink a;
  ProbeLink b;
  std::vector<Exchange> exchanges{};
  std::optional<Time> next_clock{};
  std::optional<Time> stopped{};
};

ProbeSession::ProbeSession(Fd requester, Fd responder, ProbeOptions options)
    : impl_(
          std::make_unique<Impl>(std::move(requester), std::move(responder), std::move(options))) {
  impl_->start();
}

ProbeSession::~ProbeSession() = default;

void ProbeSession::pump(std::chrono::milliseconds duration) {
  impl_->read_until(impl_->options.now() + duration, [] { return false; });
}

ProbeTrack ProbeSession::there() const {
  ProbeTrack track{.from = impl_->options.requester, .to = impl_->options.responder, .probes = {}};
  for (std::uint32_t i = 0; i < impl_->exchanges.size(); ++i) {
    const auto& e = impl_->exchanges[i];
    impl_->append(
        track, impl_->a, impl_->b, i, e.request_length, e.request_sent, e.request_received);
  }
  return track;
}

ProbeTrack ProbeSession::back() const {
  ProbeTrack track{.from = impl_->options.responder, .to = impl_->options.requester, .probes = {}};
  for (std::uint32_t i = 0; i < impl_->exchanges.size(); ++i) {
    const auto& e = impl_->exchanges[i];
    impl_->append(track, impl_->b, impl_->a, i, e.reply_length, e.reply_sent, e.reply_received);
  }
  return track;
}

std::uint32_t ProbeSession::sent() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      impl_->exchanges, [](const Exchange& e) { return e.request_sent.has_value(); }));
}

std::uint32_t ProbeSession::answered() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      impl_->exchanges, [](const Exchange& e) { return e.reply_received.has_value(); }));
}

std::optional<Time> ProbeSession::last_answer() const {
  std::optional<Time> last;
  for (const auto& exchange : impl_->exchanges)
    if (exchange.reply_received && (!last || *exchange.reply_received > *last))
      last = exchange.reply_received;
  if (!last) return last;
  return impl_->a.clock().to_fabric(*last);
}

std::uint32_t ProbeSession::answered_between(Time from, Time to) const {
  return impl_->count_between(
      from, to, [](const Exchange& e) { return e.reply_received.has_value(); });
}

std::uint32_t ProbeSession::sent_between(Time from, Time to) const {
  return impl_->count_between(from, to, [](const Exchange&) { return true; });
}

void ProbeSession::stood_still(const std::string& machine, Time from, Time to) {
  for (auto* link : {&impl_->a, &impl_->b})
    if (link->machine() == machine) link->stood_still(from, to);
}

Duration ProbeSession::clock_uncertainty() const {
  return std::max(impl_->a.clock().uncertainty(), impl_->b.clock().uncertainty());
}

void ProbeSession::stop() {
  if (impl_->stopped) return;
  impl_->stopped = impl_->options.now();
  impl_->ask(impl_->a, "stop", {{"do", "stop"}});
  impl_->ask(impl_->b, "stop", {{"do", "stop"}});
}

} // namespace hermesh
