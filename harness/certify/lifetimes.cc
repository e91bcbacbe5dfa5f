// SPDX-License-Identifier: MIT
//
// Probes: how long an entry lives, idle or not, and whose packets count. The gateway's timers are
// run ahead: nobody waits.
#include "certify/probes.hh"

#include <fmt/format.h>

#include <algorithm>

namespace hermesh {
namespace {

using enum VirtualHost;
using namespace std::chrono_literals;

constexpr Duration longest_measured = 291h; // 4^10 s, beyond all that a scenario may say
constexpr Duration exact_enough = 20ms;     // a gateway may look at its entries from time to time
constexpr Duration reported_to = 100ms;
constexpr Duration watched = 169h;
constexpr int most_steps = 200;

constexpr std::array life_names{
    "udp_unreplied", "udp_stream", "tcp_transitory", "tcp_established", "icmp"};
constexpr std::array life_probes{"UDP out, then idle",
                                 "UDP out, in and out, then idle",
                                 "a SYN out, then idle",
                                 "SYN, SYN-ACK and ACK, then idle",
                                 "an echo request out, then idle"};

/// Not more than was seen.
std::string whole(Duration duration) {
  return to_string(duration >= 1h ? duration / 1h * 1h : duration / 1s * 1s);
}

Duration rounded(Duration duration) {
  return (duration + reported_to / 2) / reported_to * reported_to;
}

} // namespace

Carrier Probes::carrier_of(Life life) {
  if (life == Life::icmp) return Carrier::icmp;
  const bool udp = life == Life::udp_unreplied || life == Life::udp_stream;
  return udp ? Carrier::udp : Carrier::tcp;
}

/// Of the server; empty when nothing gets there.
std::optional<std::uint16_t> Probes::remote_port(Life life) const {
  switch (carrier_of(life)) {
  case Carrier::udp: return udp_port_;
  case Carrier::tcp: return tcp_port_;
  case Carrier::icmp: break;
  }
  return query_passes_ ? std::optional<std::uint16_t>(0) : std::nullopt;
}

bool Probes::speak_out(const Session& session) {
  const VirtualHosts::Sender sender{
      .host = inside_one,
      .port = session.port,
      .carrier = carrier_of(session.life),
      .flags = session.life == Life::tcp_established ? wire::tcp_flag::ack : wire::tcp_flag::syn};
  return hosts_.send_out(sender, server_one, *remote_port(session.life)) == session.external;
}

bool Probes::speak_in(const Session& session) {
  const VirtualHosts::Sender sender{
      .host = server_one,
      .port = *remote_port(session.life),
      .carrier = carrier_of(session.life),
      .flags = session.life == Life::tcp_established
                   ? wire::tcp_flag::ack
                   : std::uint8_t{wire::tcp_flag::syn | wire::tcp_flag::ack}};
  const auto arrival = hosts_.send(sender, session.external);
  return arrival && arrival->destination == hosts_.endpoint(inside_one, session.port);
}

/// On a gateway that knows nothing: what earlier tries left counts against a host's limit.
std::optional<Probes::Session> Probes::open(Life life) {
  const auto port = remote_port(life);
  if (!port) return std::nullopt;
  hosts_.forget();
  const VirtualHosts::Sender sender{
      .host = inside_one, .port = hosts_.fresh_port(), .carrier = carrier_of(life)};
  const Seen external = hosts_.send_out(sender, server_one, *port);
  if (!external) return std::nullopt;
  const Session session{.life = life, .port = sender.port, .external = *external};
  if (life != Life::udp_stream && life != Life::tcp_established) return session;
  Session begun = session; // of TCP, a SYN-ACK comes in before an ACK goes out
  if (life == Life::tcp_established) begun.life = Life::tcp_transitory;
  if (!speak_in(begun) || !speak_out(session)) return std::nullopt;
  return session;
}

/// On a port of its own: a probe that finds the entry refreshes it.
std::optional<bool> Probes::survives(Life life, Duration idle) {
  const auto session = open(life);
  if (!session) return std::nullopt;
  hosts_.age(idle);
  return speak_in(*session);
}

std::optional<Duration> Probes::lifetime(Life life, std::string& seen) {
  const auto works = survives(life, 0s);
  if (!works.value_or(false)) {
    seen = works ? "nothing came back in at once" : "no such exchange is let through";
    return std::nullopt;
  }
  Duration alive{0};
  Duration dead = 1s;
  for (; survives(life, dead).value_or(false); dead *= 4) {
    alive = dead;
    if (dead < longest_measured) continue;
    seen = "still open after " + to_string(dead);
    return std::nullopt;
  }
  while (dead - alive > exact_enough) {
    const Duration middle = alive + (dead - alive) / 2;
    (survives(life, middle).value_or(false) ? alive : dead) = middle;
  }
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  seen = fmt::format("open after {:.2f} s, not after {:.2f} s", seconds(alive), seconds(dead));
  return rounded(alive + (dead - alive) / 2);
}

void Probes::lifetimes() {
  const std::array fields{&MeasuredBehaviour::udp_unreplied,
                          &MeasuredBehaviour::udp_stream,
                          &MeasuredBehaviour::tcp_transitory,
                          &MeasuredBehaviour::tcp_established,
                          &MeasuredBehaviour::icmp};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    hosts_.forget();
    std::string seen;
    lives_.at(i) = lifetime(static_cast<Life>(i), seen);
    if (lives_.at(i)) found_.*fields.at(i) = to_string(*lives_.at(i));
    note(life_names.at(i), fmt::format("{}; a port for each time tried", life_probes.at(i)), seen);
  }
}

/// Packets both ways, more often than any timer needs: does the entry end all the same? The longest
/// of the timers takes the fewest steps; of those that hold once packets went both ways.
void Probes::absolute_lifetime() {
  const auto life_of = [this](Life life) { return lives_.at(static_cast<std::size_t>(life)); };
  Life longest = Life::udp_stream;
  for (const Life other : {Life::tcp_established, Life::icmp})
    if (life_of(other) > life_of(longest)) longest = other;
  const auto life = life_of(longest);
  if (!life) return;
  const Duration step = *life * 9 / 10;
  auto session = open(longest);
  Duration alive{0};
  for (int i = 0; session && i < most_steps && alive < watched; ++i) {
    hosts_.age(step);
    if (!speak_in(*session)) break;
    alive += step;
    if (speak_out(*session)) continue;
    session.reset(); // it moved under traffic: no lifetime explains that
  }
  const std::string probe = fmt::format("packets both ways every {}", to_string(rounded(step)));
  if (!session) return note("absolute_lifetime", probe, "the outside endpoint changed");
  const bool outlived = alive >= watched || alive >= step * most_steps;
  if (!outlived) absolute_ = absolute_after(*session, step, alive);
  found_.absolute_lifetime = absolute_ ? to_string(*absolute_) : "above " + whole(alive);
  note("absolute_lifetime",
       probe,
       absolute_ ? "closed after " + to_string(*absolute_)
                 : "still the same endpoint after " + whole(alive));
}

/// The session was kept for `known`, and not a step longer: when did it end?
Duration Probes::absolute_after(const Session& kept, Duration step, Duration known) {
  Duration alive = known;
  Duration dead = known + step;
  const auto lives_until = [&](Duration when) {
    hosts_.forget();
    const auto session = open(kept.life);
    if (!session) return false;
    for (Duration at = step; at <= known; at += step) {
      hosts_.age(step);
      if (!speak_in(*session) || !speak_out(*session)) return false;
    }
    hosts_.age(when - known);
    return speak_in(*session);
  };
  while (dead - alive > exact_enough) {
    const Duration middle = alive + (dead - alive) / 2;
    (lives_until(middle) ? alive : dead) = middle;
  }
  return rounded(alive + (dead - alive) / 2);
}

/// Is the session open at `past`, with one packet half-way?
bool Probes::is_refreshed(Life life, Duration past, bool inbound) {
  const auto session = open(life);
  if (!session) return false;
  hosts_.age(past / 2);
  if (!(inbound ? speak_in(*session) : speak_out(*session))) return false;
  hosts_.age(past - past / 2);
  return speak_in(*session);
}

/// Past the timer with an inbound packet alone, then with an outbound one alone (RFC 4787 REQ-6).
/// On a timer that ends before the lifetime does.
void Probes::refresh() {
  const auto state = [](bool open) { return open ? "open" : "closed"; };
  const Duration end = absolute_.value_or(Duration::max());
  for (const Life life : {Life::udp_stream,
                          Life::tcp_established,
                          Life::udp_unreplied,
                          Life::tcp_transitory,
                          Life::icmp}) {
    const auto timer = lives_.at(static_cast<std::size_t>(life));
    if (!timer || end - *timer < 2 * reported_to) continue;
    const Duration past = *timer + std::min(*timer / 2, (end - *timer) / 2);
    const bool inbound = is_refreshed(life, past, true);
    const bool outbound = is_refreshed(life, past, false);
    if (outbound) found_.refresh = inbound ? "both" : "outbound-only";
    return note("refresh",
                fmt::format("{}, one packet in; the same, one out; then in after {}",
                            life_names.at(static_cast<std::size_t>(life)),
                            to_string(rounded(past))),
                fmt::format("after one in {}, after one out {}", state(inbound), state(outbound)));
  }
  if (absolute_) found_.refresh = "either";
  note("refresh",
       "none",
       absolute_ ? "no timer ends before the absolute lifetime" : "no timer was seen");
}

} // namespace hermesh
