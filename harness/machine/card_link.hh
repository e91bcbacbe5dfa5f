// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"

#include <string>
#include <string_view>

namespace hermesh {

/// The <interface> of that card out of a live domain's XML, whole (libvirt compares it with what it
/// has, alias and PCI address too), with its <link> up or down. Throws Error when there is no such
/// card.
std::string card_with_link(std::string_view domain_xml, const MacAddress& card, bool up);

} // namespace hermesh
