// SPDX-License-Identifier: MIT
#include "model/readers.hh"

#include <algorithm>
#include <functional>
#include <map>

namespace hermesh {
namespace {

/// Far more than a host can run; it keeps the checks below, which look at pairs, instant.
constexpr std::size_t most_of_a_kind = 250;

/// A touch of a segment by a gateway or a machine, and where the file says so.
struct Touch {
  const Attachment* attachment;
  std::string owner;   ///< "gateway 'nat-a'"
  std::string pointer; ///< "/gateways/0/outside"
};

class TopologyCheck {
public:
  TopologyCheck(const Topology& topology, const std::string& source)
      : topology_(topology), source_(source) {
    for (std::size_t i = 0; i < topology.gateways.size(); ++i) {
      const auto& gateway = topology.gateways[i];
      const auto place = "/gateways/" + std::to_string(i);
      touches_.push_back({&gateway.outside, "gateway '" + gateway.name + "'", place + "/outside"});
      add(gateway.inside, "gateway '" + gateway.name + "'", place + "/inside");
    }
    for (std::size_t i = 0; i < topology.machines.size(); ++i)
      add(topology.machines[i].cards,
          "machine '" + topology.machines[i].name + "'",
          "/machines/" + std::to_string(i) + "/cards");
  }

  void sizes_are_sane() const {
    const auto check = [&](const auto& items, const std::string& list) {
      if (items.size() > most_of_a_kind)
        fail(list,
             "found " + std::to_string(items.size()) + ", wanted at most " +
                 std::to_string(most_of_a_kind));
    };
    check(topology_.segments, "/segments");
    check(topology_.gateways, "/gateways");
    check(topology_.machines, "/machines");
    for (std::size_t i = 0; i < topology_.gateways.size(); ++i)
      check(topology_.gateways[i].inside, "/gateways/" + std::to_string(i) + "/inside");
    for (std::size_t i = 0; i < topology_.machines.size(); ++i)
      check(topology_.machines[i].cards, "/machines/" + std::to_string(i) + "/cards");
  }

  void names_are_unique() const {
    std::map<std::string, std::string> seen; // name -> pointer
    const auto check = [&](const auto& items, const std::string& list) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto place = list + "/" + std::to_string(i);
        const auto [first, added] = seen.try_emplace(items[i].name, place);
        if (!added)
          fail(place + "/name",
               "found '" + items[i].name + "' again, which " + first->second + " has");
      }
    };
    check(topology_.segments, "/segments");
    check(topology_.gateways, "/gateways");
    check(topology_.machines, "/machines");
  }

  void prefixes_are_apart() const {
    const auto& segments = topology_.segments;
    for (std::size_t i = 0; i < segments.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const auto both_may = segments[i].may_overlap && segments[j].may_overlap;
        if (both_may || !overlap(segments[i], segments[j])) continue;
        const auto family =
            segments[i].ipv4 && segments[j].ipv4 && segments[i].ipv4->overlaps(*segments[j].ipv4);
        const auto& prefix = family ? segments[i].ipv4 : segments[i].ipv6;
        fail("/segments/" + std::to_string(i) + (family ? "/ipv4" : "/ipv6"),
             "found " + to_string(*prefix) + ", which overlaps segment '" + segments[j].name +
                 "' (two homes may, with \"may_overlap\": true in both)");
      }
  }

  void gateways_join_two_sides() const {
    for (std::size_t i = 0; i < topology_.gateways.size(); ++i) {
      const auto& gateway = topology_.gateways[i];
      const auto place = "/gateways/" + std::to_string(i) + "/inside";
      if (gateway.inside.empty()) fail(place, "gateway '" + gateway.name + "' has no inside");
      for (std::size_t k = 0; k < gateway.inside.size(); ++k)
        if (gateway.inside[k].segment == gateway.outside.segment)
          fail(place + "/" + std::to_string(k),
               "gateway '" + gateway.name + "' has segment '" + gateway.outside.segment +
                   "' inside and outside");
    }
  }

  void machines_are_enough() const {
    for (std::size_t i = 0; i < topology_.machines.size(); ++i)
      if (topology_.machines[i].cards.empty())
        fail("/machines/" + std::to_string(i) + "/cards",
             "machine '" + topology_.machines[i].name + "' has no card");
    const auto peers = std::ranges::count(topology_.machines, "peer", &MachineSpec::role);
    if (peers < 2)
      fail("/machines",
           "found " + std::to_string(peers) + (peers == 1 ? " machine" : " machines") +
               " of role 'peer', wanted at least two: the pair of a trial");
  }

  /// One owner must not touch segments whose prefixes overlap: it could not tell them apart.
  void owners_tell_segments_apart() const {
    for (std::size_t i = 0; i < touches_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        if (touches_[i].owner != touches_[j].owner) continue;
        const auto& mine = segment(touches_[i].attachment->segment);
        const auto& other = segment(touches_[j].attachment->segment);
        if (mine.name == other.name)
          fail(touches_[i].pointer, touches_[i].owner + " is on segment '" + mine.name + "' twice");
        if (overlap(mine, other))
          fail(touches_[i].pointer,
               touches_[i].owner + " is on segments '" + other.name + "' and '" + mine.name +
                   "', whose prefixes overlap");
      }
  }

  void addresses_are_unique() const {
    std::map<std::pair<std::string, Address>, const Touch*> seen;
    for (const auto& touch : touches_)
      for (const auto* address : {&touch.attachment->ipv4, &touch.attachment->ipv6}) {
        if (!*address) continue;
        const auto [first, added] =
            seen.try_emplace({touch.attachment->segment, **address}, &touch);
        if (!added)
          fail(touch.pointer + ((*address)->is_v4() ? "/ipv4" : "/ipv6"),
               "found " + to_string(**address) + " for " + touch.owner + ", which " +
                   first->second->owner + " has on segment '" + touch.attachment->segment + "'");
      }
  }

  /// From each segment the way out ends; where it does not, the gateways form a loop.
  void gateways_form_no_loop() const {
    enum class Mark : std::uint8_t { fresh, open, done };
    std::map<std::string, Mark> marks;
    const std::function<void(const std::string&)> visit = [&](const std::string& name) {
      marks[name] = Mark::open;
      for (std::size_t i = 0; i < topology_.gateways.size(); ++i) {
        const auto& gateway = topology_.gateways[i];
        if (std::ranges::find(gateway.inside, name, &Attachment::segment) == gateway.inside.end())
          continue;
        const auto& next = gateway.outside.segment;
        if (marks[next] == Mark::open)
          fail("/gateways/" + std::to_string(i),
               "gateway '" + gateway.name + "' closes a loop of gateways: from its outside '" +
                   next + "' the way out leads back to it");
        if (marks[next] == Mark::fresh) visit(next);
      }
      marks[name] = Mark::done;
    };
    for (const auto& segment : topology_.segments)
      if (marks[segment.name] == Mark::fresh) visit(segment.name);
  }

  void one_segment_is_outermost() const {
    const SegmentSpec* outermost = nullptr;
    for (std::size_t i = 0; i < topology_.segments.size(); ++i) {
      const auto& candidate = topology_.segments[i];
      const auto has_it_inside = [&](const GatewaySpec& gateway) {
        return std::ranges::find(gateway.inside, candidate.name, &Attachment::segment) !=
               gateway.inside.end();
      };
      if (std::ranges::any_of(topology_.gateways, has_it_inside)) continue;
      if (outermost != nullptr)
        fail("/segments/" + std::to_string(i),
             "segments '" + outermost->name + "' and '" + candidate.name +
                 "' are both outermost (no gateway has them inside), wanted one Internet");
      outermost = &candidate;
    }
    if (outermost == nullptr) fail("/segments", "found no segment, wanted at least one");
  }

private:
  void
  add(const std::vector<Attachment>& list, const std::string& owner, const std::string& place) {
    for (std::size_t i = 0; i < list.size(); ++i)
      touches_.push_back({&list[i], owner, place + "/" + std::to_string(i)});
  }

  static bool overlap(const SegmentSpec& a, const SegmentSpec& b) {
    return (a.ipv4 && b.ipv4 && a.ipv4->overlaps(*b.ipv4)) ||
           (a.ipv6 && b.ipv6 && a.ipv6->overlaps(*b.ipv6));
  }

  const SegmentSpec& segment(const std::string& name) const {
    return *std::ranges::find(topology_.segments, name, &SegmentSpec::name);
  }

  [[noreturn]] void fail(const std::string& pointer, const std::string& complaint) const {
    throw InputError(source_ + ": " + pointer + ": " + complaint);
  }

  const Topology& topology_;
  const std::string& source_;
  std::vector<Touch> touches_;
};

} // namespace

void check_topology(const Topology& topology, const std::string& source) {
  const TopologyCheck check(topology, source);
  check.sizes_are_sane();
  check.names_are_unique();
  check.prefixes_are_apart();
  check.gateways_join_two_sides();
  check.machines_are_enough();
  check.gateways_form_no_loop();
  check.one_segment_is_outermost();
  check.owners_tell_segments_apart();
  check.addresses_are_unique();
}

} // namespace hermesh
