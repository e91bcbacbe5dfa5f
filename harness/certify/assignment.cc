// SPDX-License-Identifier: MIT
//
// Probes: what is translated at all, to which of the external addresses, and to which port.
#include "certify/probes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace hermesh {
namespace {

using enum VirtualHost;

constexpr std::size_t most_hosts = 192;
constexpr std::size_t port_samples = 65;
constexpr std::size_t most_samples = 2048; // of a pool of addresses
constexpr std::size_t least_samples = 3;
constexpr std::size_t few_pairs = 32;      // fewer may be of one address by chance
constexpr std::size_t clashes_wanted = 24; // one in 2^24 is of one parity by chance
constexpr unsigned half_of_ports = 32256;
constexpr std::size_t largest_block = 4096;  // that is counted port by port
constexpr std::uint16_t block_ports = 10000; // inside ones, below all fresh ones

/// From each port to the next of the same address.
struct Steps {
  std::size_t all = 0;
  std::size_t up = 0; ///< one or two, since another port may be taken
  std::size_t down = 0;
  std::size_t turns = 0; ///< from one end of the range to the other
};

Steps steps_of(const std::map<Address, std::vector<int>>& by_address) {
  constexpr int turn = 60000;
  Steps steps;
  for (const auto& [address, ports] : by_address)
    for (std::size_t i = 1; i < ports.size(); ++i) {
      const int step = ports[i] - ports[i - 1];
      ++steps.all;
      if (step == 1 || step == 2) ++steps.up;
      if (step == -1 || step == -2) ++steps.down;
      if (step > turn || step < -turn) ++steps.turns;
    }
  return steps;
}

/// "sequential-up", "sequential-down", or nothing.
std::string sequence_of(const std::map<Address, std::vector<int>>& by_address) {
  const Steps steps = steps_of(by_address);
  if (steps.all < least_samples || steps.turns > by_address.size()) return "";
  if (steps.up > 0 && steps.up + steps.turns == steps.all) return "sequential-up";
  return steps.down > 0 && steps.down + steps.turns == steps.all ? "sequential-down" : "";
}

/// What became of packets of several hosts with one source port.
struct Survey {
  std::size_t asked = 0;
  std::size_t refused = 0;
  bool shared = false;   ///< two hosts have one external address
  bool kept = true;      ///< the port, of all
  bool untouched = true; ///< the address, of all
};

std::string translation_word(const Survey& survey) {
  if (survey.untouched && survey.kept) return "none";
  if (survey.shared || !survey.kept) return "napt";
  return survey.refused > 0 ? "one-to-one" : "napt or one-to-one";
}

} // namespace

/// Hosts beside each other with one source port, to one server: whose address do they get?
void Probes::survey() {
  const std::uint16_t port = hosts_.fresh_port();
  std::map<Address, Address> first_with; // external address, inside one
  Survey all;
  std::size_t since_new = 0;
  room_inside_ = false;
  for (const Address& inside : hosts_.inside_addresses(most_hosts)) {
    ++all.asked;
    const Seen seen = send_out_as(inside, port);
    bool is_new = false;
    if (seen) {
      all.kept = all.kept && seen->port == port;
      all.untouched = all.untouched && seen->address == inside;
      const auto [first, inserted] = first_with.emplace(seen->address, inside);
      is_new = inserted;
      all.shared = all.shared || !is_new;
      const bool with_first = first->second == hosts_.address(inside_one);
      if (!is_new && with_first && !fellow_) fellow_ = inside;
    } else {
      ++all.refused;
      if (all.asked == 1) break;
    }
    since_new = is_new ? 0 : since_new + 1;
    room_inside_ = since_new >= std::max<std::size_t>(8, first_with.size());
    if (room_inside_ || (all.untouched && all.asked == 3)) break;
  }
  addresses_seen_ = first_with.size();
  if (addresses_seen_ > 0) found_.translation = translation_word(all);
  note("translation",
       fmt::format("{} from port {} of {} hosts inside to one server", sent(), port, all.asked),
       fmt::format("{}external addresses: {}; {}{}",
                   all.untouched ? "each its own; " : "",
                   addresses_seen_,
                   all.kept ? "the port kept" : "other ports where it was taken",
                   all.refused > 0 ? fmt::format("; {} hosts got nothing", all.refused) : ""));
}

/// Fresh ports, shuffled and not adjacent.
void Probes::assignment() {
  std::vector<PortPair> pairs;
  std::set<Address> addresses;
  std::size_t since_new = 0;
  bool lost = false;
  while (!lost && (pairs.size() < port_samples ||
                   (addresses.size() > 1 && since_new < 12 * addresses.size() &&
                    pairs.size() < most_samples))) {
    const std::uint16_t port = hosts_.fresh_port();
    const Seen seen = send_out(inside_one, port, server_one);
    lost = !seen;
    if (lost) break;
    since_new = addresses.insert(seen->address).second ? 0 : since_new + 1;
    pairs.push_back({.inside = port, .external = *seen});
  }
  found_.per_host_limit = lost ? std::to_string(pairs.size()) : "above 64";
  if (pairs.size() < least_samples) found_.per_host_limit = "?";
  note("per_host_limit",
       fmt::format("{} from {} ports of one host", sent(), pairs.size() + (lost ? 1 : 0)),
       lost ? fmt::format("the {}th got nothing", pairs.size() + 1) : std::string("all arrived"));
  judge_ports(pairs);
  judge_pool(pairs, !lost && pairs.size() < most_samples);
}

void Probes::judge_ports(const std::vector<PortPair>& pairs) {
  std::string words;
  for (std::size_t i = 0; i < std::min<std::size_t>(pairs.size(), 6); ++i)
    words += fmt::format("{}{} as {}", i == 0 ? "" : ", ", pairs[i].inside, pairs[i].external.port);
  note("ports",
       fmt::format("{} from {} ports, shuffled and not adjacent", sent(), pairs.size()),
       words.empty() ? "nothing arrived" : words + ", ...");
  if (pairs.size() < least_samples) return;
  std::map<Address, std::vector<int>> by_address;
  for (const PortPair& pair : pairs)
    by_address[pair.external.address].push_back(pair.external.port);
  const auto port_of = [](const PortPair& pair) { return pair.external.port; };
  const auto [lowest, highest] = std::ranges::minmax(pairs, {}, port_of);
  const auto kept = std::ranges::count_if(
      pairs, [](const PortPair& pair) { return pair.inside == pair.external.port; });
  if (kept == std::ssize(pairs))
    found_.ports = "preserve";
  else if (kept > 2)
    found_.ports = "?"; // some may be chance
  else if (const auto sequence = sequence_of(by_address); !sequence.empty())
    found_.ports = sequence;
  else if (by_address.size() == 1 &&
           unsigned{highest.external.port} - lowest.external.port < half_of_ports)
    measure_block(lowest.external.port, highest.external.port, pairs.size());
  else if (steps_of(by_address).all < least_samples) // hardly two of any address
    found_.ports = "random or sequential-up or sequential-down";
  else
    found_.ports = "random";
}

/// Until the host gets no more.
void Probes::measure_block(std::uint16_t lowest, std::uint16_t highest, std::size_t opened) {
  found_.ports = "block";
  Seen seen{Endpoint{}};
  for (std::uint16_t i = 0; seen && opened <= largest_block; ++i) {
    const auto port = static_cast<std::uint16_t>(block_ports + i);
    seen = send_out(inside_one, port, server_one);
    if (!seen) break;
    lowest = std::min(lowest, seen->port);
    highest = std::max(highest, seen->port);
    ++opened;
  }
  const std::size_t span = std::size_t{highest} - lowest + 1U;
  const bool full = !seen && opened == span;
  found_.port_block_size = full ? std::to_string(span) : fmt::format("at least {}", span);
  // A block that is full is no limit of its own, and hides one of as many or more.
  if (full && found_.per_host_limit == std::to_string(span))
    found_.per_host_limit = fmt::format("above {}", span - 1);
  note("port_block_size",
       fmt::format("{} from {} ports of one host", sent(), opened + (seen ? 0 : 1)),
       fmt::format("{} ports of {}..{}{}",
                   opened,
                   lowest,
                   highest,
                   seen ? ", and still more" : ", then nothing"));
}

/// `enough`: pairs, for every address to be among them.
void Probes::judge_pool(const std::vector<PortPair>& pairs, bool enough) {
  if (pairs.empty()) return;
  std::set<Address> of_one;
  for (const PortPair& pair : pairs)
    of_one.insert(pair.external.address);
  const bool arbitrary = of_one.size() > 1;
  const std::size_t count = std::max(addresses_seen_, of_one.size());
  if (found_.translation == "none") {
    found_.external_addresses = "1"; // the gateway has none but its own
    found_.pooling = "either";
  } else {
    const bool all_seen = arbitrary ? enough : room_inside_;
    found_.external_addresses = (all_seen ? "" : "at least ") + std::to_string(count);
    found_.pooling = arbitrary                             ? "arbitrary"
                     : count == 1                          ? "either"
                     : enough || pairs.size() >= few_pairs ? "paired"
                                                           : "paired or arbitrary";
  }
  note("pooling",
       fmt::format("{} ports of one host, then other hosts", pairs.size()),
       fmt::format("{} addresses for the one, {} for all", of_one.size(), count));
}

/// What does a host get whose port another has? Of its parity (RFC 4787 REQ-4), or any.
void Probes::clashes() {
  if (found_.ports != "preserve" || found_.translation == "none" ||
      found_.translation == "one-to-one")
    return;
  const bool arbitrary = found_.pooling == "arbitrary";
  const Address other = fellow_.value_or(hosts_.address(inside_two));
  const std::size_t rounds =
      arbitrary ? clashes_wanted * 2 * addresses_seen_ + clashes_wanted : clashes_wanted;
  std::size_t clashes = 0;
  std::size_t alike = 0;
  for (std::size_t i = 0; i < rounds && clashes < clashes_wanted; ++i) {
    const std::uint16_t port = hosts_.fresh_port();
    const Seen one = send_out(inside_one, port, server_one);
    const Seen two = send_out_as(other, port);
    if (!one || !two) break;
    if (one->address != two->address) continue;
    ++clashes;
    if ((two->port - port) % 2 == 0) ++alike;
  }
  if (alike < clashes)
    found_.ports = "preserve-then-random";
  else if (clashes < clashes_wanted)
    found_.ports = "preserve or preserve-then-random";
  note("ports",
       fmt::format("{} from a port that another host has, {} times", sent(), clashes),
       fmt::format("another port, {} times of the same parity", alike));
}

/// `of_second`: what the second host's packets to the first one's servers were seen as.
void Probes::judge_overloading(bool shared,
                               const std::vector<Seen>& of_second,
                               bool kept_one_port) {
  if (shared) {
    found_.overload_ports = "true";
    found_.mapping = mapping_grade(of_second);
    return;
  }
  const bool alone = found_.translation == "napt" && !fellow_; // no two hosts have one address
  found_.overload_ports = alone && found_.ports.starts_with("preserve") ? "true or false" : "false";
  if (found_.mapping == "EIM" && !kept_one_port) found_.mapping = "?"; // only the first host's is
}

/// RFC 4787 REQ-3. The second host asks a server first that the first host never spoke to: asked in
/// another order, a NAT that overloads ports hides it. Where it does, the second host's mappings
/// towards what the first one spoke to show the mapping grade; the first one's ports never change.
void Probes::overloading() {
  const std::uint16_t port = hosts_.fresh_port();
  const Address other = fellow_.value_or(hosts_.address(inside_two));
  std::set<Endpoint> of_one;
  std::set<Endpoint> of_two;
  std::vector<Seen> grades;
  const auto from_other = [&](VirtualHost server, std::uint16_t to) {
    auto sender = from(inside_two, port);
    sender.address = other;
    const Seen seen = hosts_.send_out(sender, server, to);
    if (seen) of_two.insert(*seen);
    return seen;
  };
  const auto each = [&](auto visit) {
    for (const VirtualHost server : {server_one, server_two}) {
      visit(server, first_port_);
      if (second_port_) visit(server, *second_port_);
    }
  };
  each([&](VirtualHost server, std::uint16_t to) {
    if (const Seen seen = send_out(inside_one, port, server, to)) of_one.insert(*seen);
  });
  from_other(server_three, first_port_);
  each([&](VirtualHost server, std::uint16_t to) { grades.push_back(from_other(server, to)); });

  std::vector<std::string> shared;
  for (const Endpoint& endpoint : of_two)
    if (of_one.contains(endpoint)) shared.push_back(to_string(endpoint));
  judge_overloading(!shared.empty(), grades, of_two.size() <= 1);
  note("overload_ports",
       fmt::format("two hosts, one source port {}: the second to a third server first", port),
       shared.empty() ? std::string("no external port shared")
                      : fmt::format("shared: {}", fmt::join(shared, ", ")));
}

} // namespace hermesh
