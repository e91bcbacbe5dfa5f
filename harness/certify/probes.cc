// SPDX-License-Identifier: MIT
#include "certify/probes.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace hermesh {
namespace {

using enum VirtualHost;
using Seen = std::optional<Endpoint>;

constexpr std::uint16_t first_port = 3478; // of every server
constexpr std::uint16_t second_port = 3479;
constexpr std::uint16_t web_port = 443; // the last that a firewall lets out

std::string text(const Seen& seen) {
  return seen ? to_string(*seen) : "nothing";
}
std::string text(bool arrived) {
  return arrived ? "let in" : "not let in";
}

std::string mapping_grade(const std::array<Seen, 4>& seen) {
  if (!std::ranges::all_of(seen, [](const Seen& s) { return s.has_value(); })) return "?";
  const std::set<Endpoint> distinct{*seen[0], *seen[1], *seen[2], *seen[3]};
  if (distinct.size() == 1) return "EIM";
  if (distinct.size() == 2 && seen[0] == seen[1] && seen[2] == seen[3]) return "ADM";
  return distinct.size() == 4 ? "APDM" : "?";
}

std::string filtering_grade(bool stranger, bool other_port, bool contacted) {
  if (!contacted) return "?";
  if (stranger) return other_port ? "EIF" : "?";
  return other_port ? "ADF" : "APDF";
}

struct PortPair {
  std::uint16_t inside;
  std::uint16_t external;
};

std::string port_rule(const std::vector<PortPair>& pairs) {
  const auto kept =
      std::ranges::count_if(pairs, [](const PortPair& p) { return p.inside == p.external; });
  if (kept == std::ssize(pairs)) return "preserve";
  if (kept > 1) return "?"; // one may be chance
  const int step = pairs[1].external - pairs[0].external;
  for (std::size_t i = 2; i < pairs.size(); ++i)
    if (pairs[i].external - pairs[i - 1].external != step) return "random";
  return "sequential";
}

} // namespace

/// Mapping before anything comes in: an admitted packet may bind the flow of its sender.
void Probes::measure_all() {
  if (!passes_udp()) return;
  mapping();
  filtering();
  preservation();
  overloading();
  flows();
}

bool Probes::passes_udp() {
  Seen udp;
  for (const VirtualHost server : {server_one, server_two, server_three})
    if (!udp) udp = hosts_.send_out(inside_one, hosts_.fresh_port(), server, first_port);
  if (udp) return true;
  Seen tcp;
  for (const std::uint16_t port : {first_port, web_port})
    if (!tcp)
      tcp = hosts_.send_out(inside_one, hosts_.fresh_port(), server_one, port, Carrier::tcp_syn);
  found_.udp_blocked = tcp.has_value();
  found_.evidence.push_back(fmt::format(
      "reachability: of UDP to three servers nothing arrived; of a TCP SYN {}", text(tcp)));
  return false;
}

void Probes::mapping() {
  const std::uint16_t port = hosts_.fresh_port();
  std::array<Seen, 4> seen;
  std::size_t i = 0;
  for (const VirtualHost server : {server_one, server_two})
    for (const std::uint16_t server_port : {first_port, second_port})
      seen.at(i++) = hosts_.send_out(inside_one, port, server, server_port);
  found_.mapping = mapping_grade(seen);
  found_.evidence.push_back(
      fmt::format("mapping: {} to two ports of {} and of {} seen as {}, {}, {}, {}",
                  to_string(Endpoint{hosts_.address(inside_one), port}),
                  to_string(hosts_.address(server_one)),
                  to_string(hosts_.address(server_two)),
                  text(seen[0]),
                  text(seen[1]),
                  text(seen[2]),
                  text(seen[3])));
}

/// The strictest stranger first: whoever is let in later has not been helped by who was before.
void Probes::filtering() {
  const std::uint16_t port = hosts_.fresh_port();
  const Endpoint inside{.address = hosts_.address(inside_one), .port = port};
  const Seen external = hosts_.send_out(inside_one, port, server_one, first_port);
  if (!external) {
    found_.evidence.push_back("filtering: the first packet out was lost");
    return;
  }
  const auto let_in = [&](VirtualHost server, std::uint16_t server_port) {
    const VirtualHosts::Arrival unchanged{
        .source = {.address = hosts_.address(server), .port = server_port}, .destination = inside};
    return hosts_.send_in(server, server_port, *external) == unchanged;
  };
  const bool stranger = let_in(server_two, first_port);
  const bool other_port = let_in(server_one, second_port);
  const bool contacted = let_in(server_one, first_port);
  found_.filtering = filtering_grade(stranger, other_port, contacted);
  found_.evidence.push_back(
      fmt::format("filtering: {} was sent to by {}; another address {}, another port {}, itself {}",
                  to_string(Endpoint{hosts_.address(server_one), first_port}),
                  to_string(*external),
                  text(stranger),
                  text(other_port),
                  text(contacted)));
  if (!stranger) early_inbound(port, *external);
}

/// A refused stranger must leave no trace: behind kernel NATs without a guard its packet takes the
/// port away, and the same punch then works or fails by latency alone.
void Probes::early_inbound(std::uint16_t port, const Endpoint& external) {
  if (found_.mapping != "EIM") return;
  const Seen after = hosts_.send_out(inside_one, port, server_two, first_port);
  if (after != external) found_.mapping = "?";
  found_.evidence.push_back(fmt::format("early inbound: towards the refused stranger {} became {}",
                                        to_string(external),
                                        text(after)));
}

void Probes::preservation() {
  std::vector<PortPair> pairs;
  for (int i = 0; i < 8; ++i) {
    const std::uint16_t port = hosts_.fresh_port();
    const Seen seen = hosts_.send_out(inside_one, port, server_one, first_port);
    if (!seen) {
      found_.evidence.push_back("ports: a packet out was lost");
      return;
    }
    pairs.push_back({.inside = port, .external = seen->port});
  }
  found_.ports = port_rule(pairs);
  std::vector<std::string> words;
  for (const PortPair& pair : pairs)
    words.push_back(fmt::format("{} as {}", pair.inside, pair.external));
  found_.evidence.push_back(fmt::format("ports: {}", fmt::join(words, ", ")));
}

/// RFC 4787 REQ-3. The second host asks a server first that the first host never spoke to: asked in
/// another order, a NAT that overloads ports hides it.
void Probes::overloading() {
  const std::uint16_t port = hosts_.fresh_port();
  std::set<Endpoint> of_one;
  std::set<Endpoint> of_two;
  const auto note = [&](std::set<Endpoint>& seen, VirtualHost host, VirtualHost server) {
    if (const Seen external = hosts_.send_out(host, port, server, first_port))
      seen.insert(*external);
  };
  for (const VirtualHost server : {server_one, server_two})
    note(of_one, inside_one, server);
  for (const VirtualHost server : {server_three, server_one, server_two})
    note(of_two, inside_two, server);

  std::vector<std::string> shared;
  for (const Endpoint& endpoint : of_two)
    if (of_one.contains(endpoint)) shared.push_back(to_string(endpoint));
  if (!shared.empty()) found_.ports = "overloaded";
  if (found_.mapping == "EIM" && of_two.size() != 1)
    found_.mapping = "?"; // only the first host's is
  found_.evidence.push_back(fmt::format(
      "overloading: two hosts with source port {} share {}",
      port,
      shared.empty() ? "no external port" : fmt::format("{}", fmt::join(shared, ", "))));
}

/// Who is let in, and has another mapping of its own by the mapping grade, shows where the answer
/// leaves.
void Probes::flows() {
  const bool any_stranger = found_.filtering == "EIF" && found_.mapping != "EIM";
  const bool other_port_only = found_.filtering == "ADF" && found_.mapping == "APDM";
  if (found_.mapping == "?" || found_.filtering == "?") return;
  if (!any_stranger && !other_port_only) {
    found_.flows = "either";
    return;
  }
  const VirtualHost visitor = any_stranger ? server_three : server_one;
  const std::uint16_t visitor_port = any_stranger ? first_port : second_port;
  const std::uint16_t port = hosts_.fresh_port();
  const Seen signalled = hosts_.send_out(inside_one, port, server_one, first_port);
  const bool arrived = signalled && hosts_.send_in(visitor, visitor_port, *signalled).has_value();
  const Seen answer = hosts_.send_out(inside_one, port, visitor, visitor_port);
  if (arrived && answer) found_.flows = answer == signalled ? "reuse" : "strict";
  found_.evidence.push_back(fmt::format("flows: {} came in to {}, the answer left from {}",
                                        to_string(Endpoint{hosts_.address(visitor), visitor_port}),
                                        text(signalled),
                                        text(answer)));
}

} // namespace hermesh
