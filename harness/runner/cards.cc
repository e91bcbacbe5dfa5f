// SPDX-License-Identifier: MIT
#include "runner/cards.hh"

#include "base/error.hh"
#include "model/foreign_json.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

/// The gateway that serves a segment from inside, as its machines' default route; null on the
/// Internet.
const Attachment* router_of(const Network& network, const std::string& segment) {
  for (const auto& gateway : network.gateways)
    for (const auto& inside : gateway.spec.inside)
      if (inside.segment == segment) return &inside;
  return nullptr;
}

void add_family(std::string& batch,
                const std::string& interface,
                const std::optional<Address>& address,
                const std::optional<Prefix>& prefix,
                const std::optional<Address>& router) {
  if (!address || !prefix) return;
  const auto* const options = address->is_v6() ? " nodad" : "";
  batch += fmt::format(
      "address add {}/{} dev {}{}\n", to_string(*address), prefix->length, interface, options);
  if (router)
    batch += fmt::format("route replace default via {} dev {}\n", to_string(*router), interface);
}

void add_card(std::string& batch,
              const Network& network,
              const Card& card,
              const std::string& interface) {
  const auto& segment = segment_of(network, card.attachment.segment);
  const auto* const router = router_of(network, segment.name);
  const auto none = std::optional<Address>{};
  batch +=
      fmt::format("address flush dev {} scope global\nlink set dev {} up\n", interface, interface);
  if (!segment.dhcp)
    add_family(batch,
               interface,
               card.attachment.ipv4,
               segment.ipv4,
               router != nullptr ? router->ipv4 : none);
  add_family(batch,
             interface,
             card.attachment.ipv6,
             segment.ipv6,
             router != nullptr ? router->ipv6 : none);
  if (router != nullptr) return; // it knows the way to the others
  for (const Route& route : routes_inwards(network, segment.name))
    if (route.next_hop.is_v4() ? card.attachment.ipv4 : card.attachment.ipv6)
      batch += fmt::format("route replace {} via {} dev {}\n",
                           to_string(route.prefix),
                           to_string(route.next_hop),
                           interface);
}

std::map<MacAddress, std::string> interfaces_of(Machine& machine) {
  const auto listing = must(machine, {.argv = {"ip", "-json", "link", "show"}}, 20s);
  return parse_interfaces(listing.output);
}

/// busybox's udhcpc runs this with the lease in its environment.
constexpr auto lease_script = R"(#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address flush dev "$interface" scope global
ip address add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route replace default via "${router%% *}" dev "$interface"
)";

void lease(Machine& machine, const std::string& interface, const Card& card) {
  const std::string script = "/run/hermesh/lease";
  machine.push({{.target = script, .content = lease_script, .mode = 0755}});
  const auto exit = must(machine,
                         {.argv = {"busybox",
                                   "udhcpc",
                                   "-f",
                                   "-q",
                                   "-n",
                                   "-t",
                                   "5",
                                   "-T",
                                   "1",
                                   "-i",
                                   interface,
                                   "-s",
                                   script}},
                         30s);
  const auto listing =
      must(machine, {.argv = {"ip", "-4", "address", "show", "dev", interface}}, 10s);
  const auto wanted = to_string(card.attachment.ipv4.value());
  if (listing.output.find("inet " + wanted + "/") == std::string::npos)
    throw Error(
        fmt::format("{}: the DHCP lease is not {}: {}", card.machine, wanted, exit.diagnostics));
}

} // namespace

std::map<MacAddress, std::string> parse_interfaces(const std::string& text) {
  const auto listing = parse_foreign_json(text);
  const auto word = [](const nlohmann::json& link, const char* name) {
    const auto found = link.is_object() ? link.find(name) : link.end();
    return link.is_object() && found != link.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string();
  };
  std::map<MacAddress, std::string> result;
  if (!listing.is_array())
    throw Error("the guest's interfaces: found '" + text.substr(0, 80) + "'");
  for (const auto& link : listing)
    if (const auto mac = MacAddress::parse(word(link, "address")))
      result[*mac] = word(link, "ifname");
  return result;
}

std::string card_batch(const Network& network,
                       const std::string& machine,
                       const std::map<MacAddress, std::string>& interfaces) {
  std::string batch;
  for (const auto& card : network.cards) {
    if (card.machine != machine) continue;
    const auto interface = interfaces.find(card.mac);
    if (interface == interfaces.end())
      throw Error(
          fmt::format("{} has no card with the MAC address {}", machine, to_string(card.mac)));
    add_card(batch, network, card, interface->second);
  }
  return batch;
}

void configure_cards(Machine& machine, const Network& network) {
  const auto interfaces = interfaces_of(machine);
  must(machine,
       {.argv = {"ip", "-batch", "-"}, .input = card_batch(network, machine.name(), interfaces)},
       30s);
  for (const auto& card : network.cards)
    if (card.machine == machine.name() && segment_of(network, card.attachment.segment).dhcp)
      lease(machine, interfaces.at(card.mac), card);
}

} // namespace hermesh
