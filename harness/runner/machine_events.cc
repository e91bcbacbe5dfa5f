// SPDX-License-Identifier: MIT
#include "runner/machine_events.hh"

#include "base/error.hh"
#include "runner/guest_facts.hh"
#include "runner/presence_check.hh"

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// For a guest to notice its carrier, on a host with other things to do.
constexpr Duration carrier_patience = 15s;

std::vector<Card> cards_of(const Network& network, const std::string& machine) {
  std::vector<Card> cards;
  std::ranges::copy_if(network.cards, std::back_inserter(cards), [&](const Card& card) {
    return card.machine == machine;
  });
  return cards;
}

std::string port_of_card(const Card& card) {
  return card.machine + "." + card.name;
}

void lose_cards(EventWorld& world, const std::string& machine, bool on) {
  world.loop().with([&](Fabric& fabric, Time) {
    for (const auto& card : cards_of(*world.network, machine))
      fabric.lose(fabric.port(port_of_card(card)), on);
  });
}

void set_links(EventWorld& world, const std::string& machine, bool up) {
  for (const auto& card : cards_of(*world.network, machine))
    world.machine(machine).set_link(card.mac, up);
}

/// Down and up again so fast that the guest sees neither would be no flap.
void flap(EventWorld& world, const std::string& machine) {
  auto& guest = world.machine(machine);
  const auto before = ask_guest_facts(guest).carrier_changes;
  set_links(world, machine, false);
  const auto deadline = world.loop().now() + carrier_patience;
  while (ask_guest_facts(guest).carrier_changes == before && world.loop().now() < deadline)
    world.pass(100ms);
  set_links(world, machine, true);
}

Intervention sleep_of(EventWorld& world, const std::string& target) {
  const auto fell_asleep = std::make_shared<Time>();
  return {.begin =
              [&world, target, fell_asleep] {
                lose_cards(world, target, true);
                world.machine(target).suspend();
                *fell_asleep = world.loop().now();
              },
          .end =
              [&world, target, fell_asleep] {
                auto& guest = world.machine(target);
                const auto woke = world.loop().now();
                guest.resume();
                world.stood_still(target, *fell_asleep, woke);
                set_guest_clock(guest);
                flap(world, target);
                lose_cards(world, target, false);
              }};
}

/// Break before make: the card is in neither network for a while. The old gateway is told nothing.
Intervention roam_of(const EventSpec& event, EventWorld& world, const std::string& target) {
  return {.begin = [&world, target] { set_links(world, target, false); },
          .end =
              [&world, target, to = event.to] {
                const auto there = free_attachment(*world.network, to);
                set_links(world, target, true);
                world.move(target, there);
                std::ranges::find(world.network->cards, target, &Card::machine)->attachment = there;
              }};
}

Intervention rebind_of(EventWorld& world, const std::string& target) {
  const auto* gateway = chain_of(*world.network, target).front();
  const auto inside =
      std::ranges::find(world.network->cards, target, &Card::machine)->attachment.ipv4.value();
  return {.begin =
              [&world, name = gateway->spec.name, inside] {
                world.loop().with([&](Fabric& fabric, Time) { fabric.rebind(name, inside); });
              },
          .end = {}};
}

Intervention path_change_of(const EventSpec& event, EventWorld& world, const std::string& target) {
  const auto impair = [&world, target](const std::optional<Profile>& link) {
    world.loop().with([&](Fabric& fabric, Time) {
      for (const auto& card : cards_of(*world.network, target))
        fabric.impair(fabric.port(port_of_card(card)), link.value_or(card.profile));
    });
  };
  return {.begin = [impair, link = event.link] { impair(link); },
          .end = [impair] { impair(std::nullopt); }};
}

Intervention loss_of(const EventSpec& event, EventWorld& world, const std::string& target) {
  if (event.segment.empty())
    return {.begin = [&world, target] { lose_cards(world, target, true); },
            .end = [&world, target] { lose_cards(world, target, false); }};
  const auto lose = [&world, target](bool on) {
    world.loop().with([&](Fabric& fabric, Time) { fabric.lose(target, on); });
  };
  return {.begin = [lose] { lose(true); }, .end = [lose] { lose(false); }};
}

Intervention silence_of(EventWorld& world, const std::string& target) {
  const auto cut = [&world, target](bool on) {
    world.loop().with([&](Fabric& fabric, Time) { fabric.cut(target, on); });
  };
  return {.begin = [cut] { cut(true); }, .end = [cut] { cut(false); }};
}

} // namespace

Attachment free_attachment(const Network& network, const std::string& segment) {
  const auto& spec = segment_of(network, segment);
  Attachment attachment{.segment = segment};
  const auto used = addresses_on(network, segment);
  const auto is_free = [&](const Address& address) {
    return std::ranges::count(used, address) == 0;
  };
  constexpr std::uint32_t first = 100; // topologies give the lower ones
  for (std::uint32_t host = first; host < first + 100; ++host) {
    if (!attachment.ipv4 && spec.ipv4 && is_free(spec.ipv4->host(host)))
      attachment.ipv4 = spec.ipv4->host(host);
    if (!attachment.ipv6 && spec.ipv6 && is_free(spec.ipv6->host(host)))
      attachment.ipv6 = spec.ipv6->host(host);
  }
  if (!attachment.ipv4) throw Error("segment '" + segment + "' has no room for one more machine");
  return attachment;
}

Intervention
machine_intervention(const EventSpec& event, EventWorld& world, const std::string& target) {
  switch (event.kind) {
  case EventKind::rebind: return rebind_of(world, target);
  case EventKind::link_flap:
    return {.begin = [&world, target] { set_links(world, target, false); },
            .end = [&world, target] { set_links(world, target, true); }};
  case EventKind::link_loss: return loss_of(event, world, target);
  case EventKind::roam: return roam_of(event, world, target);
  case EventKind::sleep: return sleep_of(world, target);
  case EventKind::relay_reset:
    return {.begin = [&world, target] { world.kill(target); },
            .end = [&world, target] { world.restart(target); }};
  case EventKind::relay_silence: return silence_of(world, target);
  case EventKind::path_change: return path_change_of(event, world, target);
  default: throw Error("'" + to_string(event.kind) + "' is no event of a machine");
  }
}

EventCheck machine_check(const EventSpec& event, EventWorld& world, const std::string& target) {
  switch (event.kind) {
  case EventKind::rebind:
  case EventKind::roam: return endpoint_check(event, world, target);
  case EventKind::path_change: return latency_check(event, world, target);
  default: return presence_check(event, world, target);
  }
}

} // namespace hermesh
