// SPDX-License-Identifier: MIT
#include "machine/card_link.hh"

#include "base/error.hh"

namespace hermesh {
namespace {

constexpr std::string_view opening = "<interface ";
constexpr std::string_view closing = "</interface>";

void erase_link(std::string& element) {
  const auto begin = element.find("<link ");
  if (begin == std::string::npos) return;
  const auto end = element.find("/>", begin);
  if (end != std::string::npos) element.erase(begin, end + 2 - begin);
}

} // namespace

std::string card_with_link(std::string_view domain_xml, const MacAddress& card, bool up) {
  const auto address = "'" + to_string(card) + "'";
  for (auto begin = domain_xml.find(opening); begin != std::string_view::npos;
       begin = domain_xml.find(opening, begin + 1)) {
    const auto end = domain_xml.find(closing, begin);
    if (end == std::string_view::npos) break;
    std::string element(domain_xml.substr(begin, end - begin));
    if (element.find(address) == std::string::npos) continue;
    erase_link(element);
    return element + "<link state='" + (up ? "up" : "down") + "'/>" + std::string(closing);
  }
  throw Error("the domain has no card with the MAC address " + to_string(card));
}

} // namespace hermesh
