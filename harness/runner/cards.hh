// SPDX-License-Identifier: MIT
#pragma once

#include "machine/machine.hh"
#include "model/network.hh"

#include <map>
#include <string>

namespace hermesh {

/// The guest's names of its interfaces, as `ip -json link show` prints them. Throws Error where
/// that is not what it is.
std::map<MacAddress, std::string> parse_interfaces(const std::string& text);

/// What `ip -batch` reads to give a machine's cards their addresses and default routes, flushing
/// what was there. `interfaces`: the guest's name of each MAC address. Cards on a DHCP segment only
/// come up.
std::string card_batch(const Network& network,
                       const std::string& machine,
                       const std::map<MacAddress, std::string>& interfaces);

/// Names a guest's interfaces by MAC (never by PCI order) and configures them; asks for a lease
/// where the segment has DHCP, and throws Error when the lease is not the address that the topology
/// gives.
void configure_cards(Machine& machine, const Network& network);

} // namespace hermesh
