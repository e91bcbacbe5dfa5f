// SPDX-License-Identifier: MIT
//
// Probes: what hosts get that ask the gateway for a port. Strangers are servers that nobody inside
// has spoken to, and each probe has a gateway that knows nothing.
#include "certify/mapping_client.hh"
#include "certify/probes.hh"

#include <fmt/format.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using enum VirtualHost;
using MappingProtocol = MappingClient::Protocol;

constexpr std::uint32_t longest = ~std::uint32_t{0};
constexpr std::uint32_t an_hour = 3600;

std::string name_of(MappingProtocol protocol) {
  return protocol == MappingProtocol::nat_pmp ? "nat-pmp" : "pcp";
}

/// What two protocols of one gateway show, which is one thing or not known.
void agree(std::string& found, const std::string& word) {
  found = found == "?" || found == word ? word : "? (the protocols differ)";
}

} // namespace

void Probes::port_mapping() {
  MappingClient client(hosts_);
  std::vector<MappingProtocol> spoken;
  std::string words;
  for (const auto protocol : {MappingProtocol::nat_pmp, MappingProtocol::pcp}) {
    hosts_.forget();
    const auto answer = client.ask(protocol, wish(hosts_.fresh_port(), an_hour));
    if (!answer) continue;
    spoken.push_back(protocol);
    words += (words.empty() ? "" : " and ") + name_of(protocol);
    agree(found_.port_mapping_refuses, answer->refusal);
    if (answer->granted())
      note("port_mapping_refuses",
           fmt::format("{}: a port for an hour", name_of(protocol)),
           "granted " + to_string(answer->external));
  }
  const bool alive = query_passes_ || passes_something();
  if (words.empty() && !alive)
    return note("port_mapping", "a request to port 5351 of the inside", "nothing there at all");
  found_.port_mapping = words.empty() ? "none" : words;
  note("port_mapping",
       "a request to port 5351 of the inside, by NAT-PMP and by PCP",
       words.empty() ? "nothing came back" : "answered: " + words);
  found_.port_mapping_outside = client.is_answered_outside() ? "answered" : "ignored";
  note("port_mapping_outside",
       "the same from outside",
       found_.port_mapping_outside == "ignored" ? "nothing came back" : "an answer came back");
  for (const auto protocol : spoken)
    if (found_.port_mapping_refuses == "no")
      measure_leases(protocol);
    else
      measure_refusal(protocol);
}

MappingClient::Wish Probes::wish(std::uint16_t port, std::uint32_t lifetime) const {
  return {.port = port, .lifetime = lifetime, .tcp = carrier_ == Carrier::tcp};
}

/// A gateway that refuses and yet does it would be no refusal.
void Probes::measure_refusal(MappingProtocol protocol) {
  MappingClient client(hosts_);
  hosts_.forget();
  const std::uint16_t port = hosts_.fresh_port();
  client.ask(protocol, wish(port, an_hour));
  const bool arrived = passes_something() &&
                       send_in(server_three, first_port_, {hosts_.outside_address(), port}, port);
  agree(found_.port_mapping_inbound, arrived ? "anyone" : "nobody");
  found_.port_mapping_lifetime = found_.port_mapping_outbound = "none";
  found_.port_mapping_holder = found_.port_mapping_end = "none";
  note("port_mapping_refuses",
       fmt::format("{}: a port for an hour, then a stranger to that port", name_of(protocol)),
       fmt::format("refused: {}; the stranger was {}",
                   found_.port_mapping_refuses,
                   arrived ? "let in" : "not let in"));
}

void Probes::measure_leases(MappingProtocol protocol) {
  lease_directions(protocol);
  lease_lifetime(protocol);
  lease_end(protocol);
  lease_holder(protocol);
}

std::optional<Probes::Leased> Probes::lease_anew(MappingProtocol protocol, std::uint32_t lifetime) {
  hosts_.forget();
  const std::uint16_t port = hosts_.fresh_port();
  const auto answer = MappingClient(hosts_).ask(protocol, wish(port, lifetime));
  if (!answer || !answer->granted()) return std::nullopt;
  return Leased{.port = port, .external = answer->external, .lifetime = answer->lifetime};
}

bool Probes::stranger_reaches(const Leased& lease) {
  return send_in(server_three, first_port_, lease.external, lease.port);
}

void Probes::lease_directions(MappingProtocol protocol) {
  const auto lease = lease_anew(protocol, an_hour);
  if (!lease) return;
  if (!passes_something()) {
    found_.port_mapping_inbound = found_.port_mapping_outbound = "either";
    return;
  }
  const Seen first = send_out(inside_one, lease->port, server_one);
  const Seen second = send_out(inside_one, lease->port, server_two);
  const bool arrived = stranger_reaches(*lease);
  if (first && second) {
    const bool both = first == lease->external && second == lease->external;
    const bool neither = first != lease->external && second != lease->external;
    agree(found_.port_mapping_outbound, both ? "true" : neither ? "false" : "? (one of two)");
  }
  agree(found_.port_mapping_inbound, arrived ? "anyone" : "nobody");
  note("port_mapping_outbound",
       fmt::format("{}: {} is granted; {} to two servers",
                   name_of(protocol),
                   to_string(lease->external),
                   sent()),
       fmt::format("seen as {}, {}", text_of(first), text_of(second)));
  note("port_mapping_inbound",
       fmt::format("{}: a stranger to {}", name_of(protocol), to_string(lease->external)),
       arrived ? "let in" : "not let in");
}

/// What was told, if the port then lives that long and no longer.
void Probes::lease_lifetime(MappingProtocol protocol) {
  const auto lease = lease_anew(protocol, longest);
  if (!lease) return;
  const Duration told = std::chrono::seconds{lease->lifetime};
  bool before = true;
  bool after = false;
  if (passes_something()) {
    hosts_.age(told - 500ms);
    before = stranger_reaches(*lease);
    const auto another = lease_anew(protocol, longest);
    hosts_.age(told + 500ms);
    after = another && stranger_reaches(*another);
  }
  const bool true_word = before && !after;
  agree(found_.port_mapping_lifetime, true_word ? to_string(told) : "?" + to_string(told));
  note("port_mapping_lifetime",
       fmt::format("{}: as long as possible; a stranger half a second before the end, another "
                   "half a second after",
                   name_of(protocol)),
       fmt::format("told {}; {}, {}",
                   to_string(told),
                   before ? "let in" : "not let in",
                   after ? "let in" : "not let in"));
}

void Probes::lease_end(MappingProtocol protocol) {
  const auto lease = lease_anew(protocol, an_hour);
  if (!lease) return;
  const auto answer = MappingClient(hosts_).ask(protocol, wish(lease->port, 0));
  const bool arrived = passes_something() && stranger_reaches(*lease);
  const bool ended = answer && answer->granted() && !arrived;
  agree(found_.port_mapping_end, ended ? "at once" : "never");
  note("port_mapping_end",
       fmt::format("{}: a lifetime of 0, then a stranger to {}",
                   name_of(protocol),
                   to_string(lease->external)),
       fmt::format(
           "{}; {}", answer ? "answered" : "not answered", arrived ? "let in" : "not let in"));
}

/// Neither another host that wants the port gets it, nor (PCP) another client of the same host.
void Probes::lease_holder(MappingProtocol protocol) {
  const auto lease = lease_anew(protocol, an_hour);
  if (!lease) return;
  MappingClient client(hosts_);
  auto thief = wish(hosts_.fresh_port(), an_hour);
  thief.host = inside_two;
  thief.outside = lease->external.port;
  const auto stolen = client.ask(protocol, thief);
  const bool taken = stolen && stolen->granted() && stolen->external == lease->external;
  bool ended = false;
  if (protocol == MappingProtocol::pcp) {
    auto stranger = wish(lease->port, 0);
    stranger.nonce = 2;
    const auto answer = client.ask(protocol, stranger);
    ended = answer && answer->granted();
  }
  const bool kept = !taken && !ended && (!passes_something() || stranger_reaches(*lease));
  agree(found_.port_mapping_holder, kept ? "keeps it" : "loses it");
  note("port_mapping_holder",
       fmt::format("{}: another host asks for {}, and (pcp) another nonce ends it",
                   name_of(protocol),
                   to_string(lease->external)),
       fmt::format("{}, {}", taken ? "given away" : "not given", ended ? "ended" : "not ended"));
}

} // namespace hermesh
