// SPDX-License-Identifier: MIT
#include "model/fields.hh"
#include "model/readers.hh"

#include <algorithm>
#include <set>
#include <utility>

namespace hermesh {
namespace {

/// Hosts are looked for among this many, however large the prefix.
constexpr std::uint32_t host_limit = 1U << 16;
constexpr std::uint32_t first_inside = 1;
constexpr std::uint32_t first_other = 10;

/// Gives out the addresses of each segment, each once.
class Addresses {
public:
  Addresses(const Topology& topology, const std::string& source)
      : segments_(topology.segments), source_(source) {
    for (const auto& gateway : topology.gateways) {
      take(gateway.outside);
      for (const auto& inside : gateway.inside)
        take(inside);
    }
    for (const auto& machine : topology.machines)
      for (const auto& card : machine.cards)
        take(card);
  }

  void fill(Attachment& attachment, std::uint32_t from, const std::string& owner) {
    const auto& segment = *std::ranges::find(segments_, attachment.segment, &SegmentSpec::name);
    if (segment.ipv4 && !attachment.ipv4)
      attachment.ipv4 = next(segment, *segment.ipv4, from, owner);
    if (segment.ipv6 && !attachment.ipv6)
      attachment.ipv6 = next(segment, *segment.ipv6, from, owner);
  }

private:
  void take(const Attachment& attachment) {
    if (attachment.ipv4) taken_.emplace(attachment.segment, *attachment.ipv4);
    if (attachment.ipv6) taken_.emplace(attachment.segment, *attachment.ipv6);
  }

  /// The first free host from `from` upward, then from the bottom.
  Address next(const SegmentSpec& segment,
               const Prefix& prefix,
               std::uint32_t from,
               const std::string& owner) {
    const auto bits = (prefix.address.is_v4() ? 32U : 128U) - prefix.length;
    const auto hosts = bits >= 16 ? host_limit : 1U << bits;
    const auto last = hosts - 2; // the highest is IPv4's broadcast address
    const auto start = from <= last ? from : 1;
    for (std::uint32_t i = 0; i < last; ++i) {
      const auto address = prefix.host((start - 1 + i) % last + 1);
      if (taken_.emplace(segment.name, address).second) return address;
    }
    const auto index =
        std::ranges::find(segments_, segment.name, &SegmentSpec::name) - segments_.begin();
    throw InputError(source_ + ": /segments/" + std::to_string(index) + ": " + to_string(prefix) +
                     " of segment '" + segment.name + "' has no address left for " + owner);
  }

  const std::vector<SegmentSpec>& segments_;
  const std::string& source_;
  std::set<std::pair<std::string, Address>> taken_;
};

} // namespace

void assign_addresses(Topology& topology, const std::string& source) {
  Addresses addresses(topology, source);
  for (auto& gateway : topology.gateways)
    for (auto& inside : gateway.inside)
      addresses.fill(inside, first_inside, "gateway '" + gateway.name + "'");
  for (auto& gateway : topology.gateways)
    addresses.fill(gateway.outside, first_other, "gateway '" + gateway.name + "'");
  for (auto& machine : topology.machines)
    for (auto& card : machine.cards)
      addresses.fill(card, first_other, "machine '" + machine.name + "'");
}

} // namespace hermesh
