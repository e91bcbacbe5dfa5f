// SPDX-License-Identifier: MIT
//
// Probes: how much of the remote endpoint counts, on the way out and on the way in.
#include "certify/probes.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace hermesh {
namespace {

using enum VirtualHost;

std::string let_in_text(bool arrived) {
  return arrived ? "let in" : "not let in";
}

std::string filtering_grade(bool stranger, std::optional<bool> other_port, bool contacted) {
  if (!contacted) return "?";
  if (!other_port) return stranger ? "EIF" : "ADF or APDF";
  if (stranger) return *other_port ? "EIF" : "?";
  return *other_port ? "ADF" : "APDF";
}

} // namespace

std::string mapping_grade(const std::vector<std::optional<Endpoint>>& seen) {
  if (!std::ranges::all_of(seen, [](const auto& s) { return s.has_value(); })) return "?";
  std::set<Endpoint> distinct;
  for (const auto& one : seen)
    distinct.insert(*one);
  if (distinct.size() == 1) return "EIM";
  if (seen.size() == 2) return "ADM or APDM";
  if (distinct.size() == 2 && seen[0] == seen[1] && seen[2] == seen[3]) return "ADM";
  return distinct.size() == seen.size() ? "APDM" : "?";
}

void Probes::mapping() {
  const std::uint16_t port = hosts_.fresh_port();
  std::vector<Seen> seen;
  std::vector<std::string> words;
  for (const VirtualHost server : {server_one, server_two}) {
    seen.push_back(send_out(inside_one, port, server));
    words.push_back(text_of(seen.back()));
    if (!second_port_) continue;
    seen.push_back(send_out(inside_one, port, server, *second_port_));
    words.push_back(text_of(seen.back()));
  }
  found_.mapping = mapping_grade(seen);
  note("mapping",
       fmt::format("{} from {} to {} of {} and of {}",
                   sent(),
                   to_string(hosts_.endpoint(inside_one, port)),
                   second_port_ ? "two ports" : "one port",
                   to_string(hosts_.address(server_one)),
                   to_string(hosts_.address(server_two))),
       fmt::format("seen as {}", fmt::join(words, ", ")));
}

/// The strictest stranger first: whoever is let in later has not been helped by who was before.
void Probes::filtering() {
  const std::uint16_t port = hosts_.fresh_port();
  const Seen external = send_out(inside_one, port, server_one);
  const std::string probe = fmt::format("{} to {}, then in from another address, from another "
                                        "port of its, from itself",
                                        sent(),
                                        to_string(hosts_.endpoint(server_one, first_port_)));
  if (!external) return note("filtering", probe, "the first packet out was lost");
  const bool stranger = send_in(server_two, first_port_, *external, port);
  std::optional<bool> other_port;
  if (second_port_) other_port = send_in(server_one, *second_port_, *external, port);
  const bool contacted = send_in(server_one, first_port_, *external, port);
  found_.filtering = filtering_grade(stranger, other_port, contacted);
  note("filtering",
       probe,
       fmt::format("to {}: {}, {}, {}",
                   to_string(*external),
                   let_in_text(stranger),
                   other_port ? let_in_text(*other_port) : "not tried",
                   let_in_text(contacted)));
  if (!stranger) early_inbound(port, *external);
}

/// A refused stranger must leave no trace: behind kernel NATs without a guard its packet takes the
/// port away, and the same punch then works or fails by latency alone.
void Probes::early_inbound(std::uint16_t port, const Endpoint& external) {
  if (found_.mapping != "EIM") return;
  const Seen after = send_out(inside_one, port, server_two);
  if (after != external) found_.mapping = "?";
  note("mapping",
       "to the stranger that was just refused",
       fmt::format("{} became {}", to_string(external), text_of(after)));
}

/// Who is let in, and has another mapping of its own by the mapping grade, shows where the answer
/// leaves.
void Probes::flows() {
  const bool any_stranger = found_.filtering == "EIF" && found_.mapping != "EIM";
  const bool other_port_only = found_.filtering == "ADF" && found_.mapping == "APDM";
  if (found_.mapping == "?" || found_.filtering == "?") return;
  if (!any_stranger && !(other_port_only && second_port_)) {
    found_.flows = "either";
    return note("flows", "none", "no stranger is let in that has another mapping");
  }
  const VirtualHost visitor = any_stranger ? server_three : server_one;
  const std::uint16_t visitor_port = any_stranger ? first_port_ : *second_port_;
  const std::uint16_t port = hosts_.fresh_port();
  const Seen signalled = send_out(inside_one, port, server_one);
  const bool arrived = signalled && send_in(visitor, visitor_port, *signalled, port);
  const Seen answer = send_out(inside_one, port, visitor, visitor_port);
  if (arrived && answer) found_.flows = answer == signalled ? "reuse" : "strict";
  note("flows",
       fmt::format("in from {} to {}, and an answer out",
                   to_string(hosts_.endpoint(visitor, visitor_port)),
                   text_of(signalled)),
       fmt::format("{}; the answer left from {}", let_in_text(arrived), text_of(answer)));
}

} // namespace hermesh
