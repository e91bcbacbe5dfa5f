// SPDX-License-Identifier: MIT
//
// Probe: a packet from inside to an external endpoint of the same gateway.
#include "certify/probes.hh"

#include <fmt/format.h>

namespace hermesh {

using enum VirtualHost;

/// Both hosts have spoken to each other's external endpoint, so that no filter is in the way of the
/// second packet: one that follows the grades looks at the external endpoint of who sends.
std::string Probes::turn_round(VirtualHost sender, VirtualHost target, std::string& seen) {
  const std::uint16_t sender_port = hosts_.fresh_port();
  const std::uint16_t target_port = hosts_.fresh_port();
  const Seen external_target = send_out(target, target_port, server_one);
  const Seen external_sender = send_out(sender, sender_port, server_one);
  if (!external_target || !external_sender) return "?";
  hosts_.send(from(target, target_port), *external_sender);
  const auto arrival = hosts_.send(from(sender, sender_port), *external_target);
  seen = arrival ? fmt::format("{} came as {} to {}",
                               to_string(*external_sender),
                               to_string(arrival->source),
                               to_string(arrival->destination))
                 : fmt::format("nothing came to {}", to_string(*external_target));
  if (!arrival) return "off";
  if (arrival->host != target || arrival->destination != hosts_.endpoint(target, target_port))
    return "?";
  if (arrival->source == hosts_.endpoint(sender, sender_port)) return "internal-source";
  if (arrival->source.address == hosts_.address(sender)) return "?";
  return found_.mapping != "EIM" || arrival->source == external_sender ? "external-source" : "?";
}

void Probes::hairpin() {
  const std::string probe =
      fmt::format("{} between two hosts' external endpoints, in both orders", sent());
  if (found_.translation == "none") {
    found_.hairpin = "off";
    return note("hairpin", "none", "inside endpoints are the external ones");
  }
  std::string there;
  std::string back;
  auto one_way = turn_round(inside_two, inside_one, there);
  auto other_way = turn_round(inside_one, inside_two, back);
  if (one_way == "?" && other_way == "?") // one external address, and it is the first host's own
    one_way = other_way = turn_round(inside_one, inside_one, there);
  found_.hairpin = one_way == other_way ? one_way : "?";
  // Nobody knows from which port the other will come: the filter refuses it, hairpin or not.
  if (found_.hairpin == "off" && found_.filtering != "EIF" && found_.mapping != "EIM")
    found_.hairpin = "either";
  note("hairpin", probe, back.empty() ? there : there + "; " + back);
}

} // namespace hermesh
