// SPDX-License-Identifier: MIT
//
// Of IPv6: the axes that a firewall has.
#include "runner/certificate.hh"

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

const std::array firewall_axes{"translation",
                               "filtering",
                               "udp_unreplied",
                               "udp_stream",
                               "tcp_transitory",
                               "tcp_established",
                               "icmp",
                               "refresh",
                               "icmp_errors",
                               "udp_out",
                               "tcp_out",
                               "unsolicited_syn",
                               "simultaneous_open",
                               "icmp_query",
                               "mtu",
                               "mtu_errors",
                               "fragments"};
const std::array router_axes{
    "translation", "icmp_errors", "icmp_query", "mtu", "mtu_errors", "fragments"};

AxisResult kind(const nat::Behaviour& declared, const MeasuredBehaviour& measured) {
  const bool matches = measured.ipv6 == to_string(declared.ipv6);
  AxisResult axis{.axis = "ipv6",
                  .declared = to_string(declared.ipv6),
                  .measured = measured.ipv6,
                  .as_declared = matches,
                  .usual = matches && declared.ipv6 == nat::Ipv6::filtered};
  for (const Evidence& one : measured.evidence)
    if (one.axis == axis.axis) axis.evidence.push_back(one);
  return axis;
}

/// An error is passed on here, not translated.
std::string in_words_of_ipv6(const std::string& word) {
  return word == "translated" ? "passed" : word;
}

bool is_among(std::span<const char* const> axes, const AxisResult& axis) {
  return std::ranges::find(axes, axis.axis) != axes.end();
}

} // namespace

std::vector<AxisResult> compare_ipv6(const nat::Behaviour& declared,
                                     const MeasuredBehaviour& measured) {
  std::vector<AxisResult> axes{kind(declared, measured)};
  const bool open = declared.ipv6 == nat::Ipv6::open;
  if (!open && declared.ipv6 != nat::Ipv6::filtered) return axes;
  for (auto& axis : compare(as_firewall(declared), measured)) {
    if (!is_among(open ? std::span(router_axes.data(), router_axes.size())
                       : std::span(firewall_axes.data(), firewall_axes.size()),
                  axis))
      continue;
    axis.axis = "ipv6_" + axis.axis;
    for (auto& one : axis.evidence)
      one.axis = axis.axis;
    axis.declared = in_words_of_ipv6(axis.declared);
    axis.measured = in_words_of_ipv6(axis.measured);
    axis.usual = axis.as_declared;
    axes.push_back(std::move(axis));
  }
  return axes;
}

} // namespace hermesh
