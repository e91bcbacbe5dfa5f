// SPDX-License-Identifier: MIT
#include "runner/punchers.hh"

#include "base/error.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

constexpr Duration puncher_patience = 20s; ///< for what takes half a second on an idle host

/// How an attempt goes about it. A SYN that a filter dropped is sent again by dialling anew, which
/// is sooner than the kernel's own second.
struct Pace {
  Duration interval;
  unsigned rounds;
};
constexpr Pace pace_of(nat::Protocol transport) {
  return transport == nat::Protocol::tcp ? Pace{.interval = 150ms, .rounds = 6}
                                         : Pace{.interval = 40ms, .rounds = 6};
}

} // namespace

Punchers::Punchers(Lab& lab, const TrialSpec& spec) : lab_(&lab) {
  for (const auto& name : {spec.peer_a, spec.peer_b, spec.relays.at(0)})
    links_.push_back(std::make_unique<ProbeLink>(
        name,
        lab.machine(name).open_probe(),
        [this] { return lab_->fabric().now(); },
        [this](const nlohmann::json& event) { take(event); }));
  for (const auto& link : links_)
    await([&] { return link->ready(); }, "answer");
  const auto server = std::ranges::find(spec.declared.cards, spec.relays.at(0), &Card::machine);
  server_ = to_string(server->attachment.ipv4.value());
  ask(*links_[2], {{"do", "rendezvous"}, {"address", "0.0.0.0"}, {"port", rendezvous_port}});
}

Punchers::Outcome Punchers::punch(std::uint64_t session, nat::Protocol transport) {
  session_ = session;
  said_ = {};
  const auto pace = pace_of(transport);
  for (std::size_t side = 0; side < 2; ++side)
    ask(*links_[side],
        {{"do", "punch"},
         {"transport", transport == nat::Protocol::tcp ? "tcp" : "udp"},
         {"session", session},
         {"side", side},
         {"server", server_},
         {"port", rendezvous_port},
         {"interval_ms", pace.interval / 1ms},
         {"rounds", pace.rounds}});
  await([&] { return said_[0] && said_[1]; }, "say what came of a punch");
  return {.introduced = said_[0]->introduced && said_[1]->introduced,
          .reached = said_[0]->reached || said_[1]->reached};
}

void Punchers::take(const nlohmann::json& event) {
  if (event.value("event", "") != "punched" || event.value("session", 0ULL) != session_) return;
  const auto side = event.value("side", 2U);
  if (side < said_.size())
    said_.at(side) = Outcome{.introduced = !event.at("told").is_null(),
                             .reached = !event.at("reached").is_null()};
}

void Punchers::ask(ProbeLink& link, nlohmann::json request) {
  const auto id = link.send(std::move(request));
  await([&] { return link.take_answer(id).has_value(); }, "do as it was asked");
}

template <typename Done>
void Punchers::await(Done done, std::string_view what) {
  const auto deadline = lab_->fabric().now() + puncher_patience;
  while (!done()) {
    if (lab_->fabric().now() > deadline)
      throw Error(
          fmt::format("waited {} for a probe program to {}", to_string(puncher_patience), what));
    std::array<pollfd, 3> polls{};
    for (std::size_t i = 0; i < polls.size(); ++i)
      polls.at(i) = {links_[i]->fd(), POLLIN, 0};
    ::poll(polls.data(), links_.size(), 100);
    for (std::size_t i = 0; i < links_.size(); ++i)
      if (polls.at(i).revents != 0) links_[i]->read();
    lab_->check_alive();
  }
}

} // namespace hermesh
