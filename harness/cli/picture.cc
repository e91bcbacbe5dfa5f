// SPDX-License-Identifier: MIT
#include "cli/picture.hh"

#include "cli/cli.hh"
#include "model/network.hh"

#include <algorithm>
#include <set>
#include <sstream>

namespace hermesh::cli {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// One line of the tree and what hangs below it.
struct Node {
  std::string name{};
  std::string what{};                 ///< "peer A", "gateway, home"
  std::vector<std::string> details{}; ///< addresses, behaviour
  std::vector<Node> children{};
};

/// The questions that both pictures ask.
class Places {
public:
  explicit Places(const Topology& topology) : topology_(topology) {
    for (const auto& machine : topology.machines)
      if (machine.role == "peer" && pair_.size() < 2) pair_.push_back(machine.name);
  }

  const SegmentSpec& outermost() const {
    return *std::ranges::find_if(topology_.segments, [&](const SegmentSpec& segment) {
      return std::ranges::none_of(topology_.gateways, [&](const GatewaySpec& gateway) {
        return std::ranges::find(gateway.inside, segment.name, &Attachment::segment) !=
               gateway.inside.end();
      });
    });
  }
  const SegmentSpec& segment(const Attachment& at) const {
    return *std::ranges::find(topology_.segments, at.segment, &SegmentSpec::name);
  }
  const Topology& topology() const { return topology_; }

  /// "A", "B", or nothing: which of a trial's pair the machine is.
  std::string side(const MachineSpec& machine) const {
    const auto at = std::ranges::find(pair_, machine.name);
    if (at == pair_.end()) return "";
    return at == pair_.begin() ? "A" : "B";
  }

private:
  const Topology& topology_;
  std::vector<std::string> pair_;
};

template <typename Value>
OrderedJson text_or_null(const std::optional<Value>& value) {
  return value ? OrderedJson(to_string(*value)) : OrderedJson();
}

/// "EIM", "443", "(icmp 5s, udp_stream 30s)".
std::string spoken(const Json& value);

/// "mapping EIM, filtering APDF, ports random": what is asked for first comes first.
std::string spoken_fields(const Json& object) {
  std::string text;
  const auto add = [&](const std::string& name, const Json& value) {
    text += (text.empty() ? "" : ", ") + name + " " + spoken(value);
  };
  const std::vector<std::string> first{"mapping", "filtering", "ports"};
  for (const auto& name : first)
    if (object.contains(name)) add(name, object[name]);
  for (const auto& [name, value] : object.items())
    if (std::ranges::find(first, name) == first.end()) add(name, value);
  return text;
}

std::string spoken(const Json& value) {
  if (value.is_object()) return "(" + spoken_fields(value) + ")";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

class Drawing {
public:
  Drawing(const Topology& topology, const GatewayWords& words) : places_(topology), words_(words) {}

  Node draw() { return draw(places_.outermost(), nullptr); }

private:
  /// `inside`: the gateway's side on it; nullptr on the outermost.
  Node draw(const SegmentSpec& segment, const Attachment* inside, const std::string& gateway = "") {
    Node node{.name = segment.name, .what = "segment"};
    const auto add = [&](const auto& prefix, const std::optional<Address>& router) {
      if (!prefix) return;
      node.details.push_back(to_string(*prefix) +
                             (router ? ", " + gateway + " is " + to_string(*router) : ""));
    };
    const auto none = std::optional<Address>{};
    add(segment.ipv4, inside != nullptr ? inside->ipv4 : none);
    add(segment.ipv6, inside != nullptr ? inside->ipv6 : none);
    if (segment.dhcp) node.details.front() += ", DHCP";
    if (!drawn_.insert(segment.name).second) {
      node.details.emplace_back("who is on it stands above");
      return node;
    }
    add_machines(segment, node);
    for (const auto& below : places_.topology().gateways)
      if (below.outside.segment == segment.name) node.children.push_back(draw(below));
    if (node.children.empty()) node.details.emplace_back("nobody is on it at first");
    return node;
  }

  void add_machines(const SegmentSpec& segment, Node& node) const {
    for (const auto& machine : places_.topology().machines)
      for (std::size_t i = 0; i < machine.cards.size(); ++i) {
        const auto& card = machine.cards[i];
        if (card.segment != segment.name) continue;
        const auto side = places_.side(machine);
        Node leaf{.name = machine.name,
                  .what = machine.role + (side.empty() ? "" : " " + side),
                  .details = addresses(card)};
        if (machine.cards.size() > 1) leaf.details.front() += ", eth" + std::to_string(i);
        node.children.push_back(std::move(leaf));
      }
  }

  Node draw(const GatewaySpec& gateway) {
    Node node{.name = gateway.name,
              .what = "gateway, " + gateway.role,
              .details = addresses(gateway.outside)};
    if (const auto words = words_.find(gateway.name); words != words_.end())
      node.details.push_back(spoken_fields(words->second));
    for (const auto& inside : gateway.inside)
      node.children.push_back(draw(places_.segment(inside), &inside, gateway.name));
    return node;
  }

  static std::vector<std::string> addresses(const Attachment& at) {
    std::vector<std::string> texts;
    for (const auto& address : {at.ipv4, at.ipv6})
      if (address) texts.push_back(to_string(*address));
    return texts;
  }

  Places places_;
  const GatewayWords& words_;
  std::set<std::string> drawn_;
};

constexpr std::size_t indent_step = 4; ///< "+-- "
constexpr std::size_t column_gap = 3;  ///< between columns
constexpr std::size_t narrowest_column = 24;

std::size_t name_width(const Node& node, std::size_t depth) {
  auto width = depth * indent_step + node.name.size();
  for (const auto& child : node.children)
    width = std::max(width, name_width(child, depth + 1));
  return width;
}

std::size_t what_width(const Node& node) {
  auto width = node.what.size();
  for (const auto& child : node.children)
    width = std::max(width, what_width(child));
  return width;
}

/// Puts the lines of a tree below each other, in three columns.
class Printer {
public:
  Printer(const Node& root, std::size_t width)
      : names_(name_width(root, 0) + column_gap), whats_(what_width(root) + column_gap),
        details_(std::max(narrowest_column, width - std::min(width, names_ + whats_))) {
    print(root, "", "");
  }

  const std::string& text() const { return text_; }

private:
  /// `lead` stands before the node's name, `below` before everything under it.
  void print(const Node& node, const std::string& lead, const std::string& below) {
    std::vector<std::string> lines;
    for (const auto& detail : node.details)
      std::ranges::move(wrapped(detail, details_), std::back_inserter(lines));
    const auto trunk = below + (node.children.empty() ? "" : "|");
    line(padded(lead + node.name, names_) + padded(node.what, whats_) + lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i)
      line(padded(trunk, names_ + whats_) + lines[i]);
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const auto& child = node.children[i];
      // Air around what has branches of its own.
      const bool branches =
          !child.children.empty() || (i > 0 && !node.children[i - 1].children.empty());
      if (branches && node.what == "segment") line(trunk);
      const bool last = i + 1 == node.children.size();
      print(child, below + "+-- ", below + (last ? "    " : "|   "));
    }
  }

  void line(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + "\n";
  }

  std::size_t names_;
  std::size_t whats_;
  std::size_t details_;
  std::string text_;
};

class JsonTree {
public:
  JsonTree(const Topology& topology, const GatewayWords& words)
      : places_(topology), words_(words) {}

  OrderedJson tree() { return segment(places_.outermost()); }

private:
  OrderedJson segment(const SegmentSpec& spec) {
    OrderedJson json{{"name", spec.name},
                     {"ipv4", text_or_null(spec.ipv4)},
                     {"ipv6", text_or_null(spec.ipv6)},
                     {"addressing", spec.dhcp ? "dhcp" : "pushed"}};
    const bool repeated = !told_.insert(spec.name).second;
    json["repeated"] = repeated;
    json["machines"] = OrderedJson::array();
    json["gateways"] = OrderedJson::array();
    if (repeated) return json;
    for (const auto& machine : places_.topology().machines)
      for (std::size_t i = 0; i < machine.cards.size(); ++i)
        if (machine.cards[i].segment == spec.name) json["machines"].push_back(card_of(machine, i));
    for (const auto& gateway : places_.topology().gateways)
      if (gateway.outside.segment == spec.name) json["gateways"].push_back(tell(gateway));
    return json;
  }

  OrderedJson card_of(const MachineSpec& machine, std::size_t card) const {
    const auto side = places_.side(machine);
    return {{"name", machine.name},
            {"role", machine.role},
            {"side", side.empty() ? OrderedJson() : OrderedJson(side)},
            {"card", "eth" + std::to_string(card)},
            {"ipv4", text_or_null(machine.cards[card].ipv4)},
            {"ipv6", text_or_null(machine.cards[card].ipv6)},
            {"memory_mib", machine.memory_mib}};
  }

  OrderedJson tell(const GatewaySpec& gateway) {
    const auto words = words_.find(gateway.name);
    OrderedJson json{
        {"name", gateway.name},
        {"role", gateway.role},
        {"ipv4", text_or_null(gateway.outside.ipv4)},
        {"ipv6", text_or_null(gateway.outside.ipv6)},
        {"behaviour", words == words_.end() ? OrderedJson() : OrderedJson(words->second)},
        {"inside", OrderedJson::array()}};
    for (const auto& inside : gateway.inside)
      json["inside"].push_back({{"ipv4", text_or_null(inside.ipv4)},
                                {"ipv6", text_or_null(inside.ipv6)},
                                {"segment", segment(places_.segment(inside))}});
    return json;
  }

  Places places_;
  const GatewayWords& words_;
  std::set<std::string> told_;
};

} // namespace

std::string picture(const Topology& topology, const GatewayWords& words, std::size_t width) {
  return Printer(Drawing(topology, words).draw(), width).text();
}

nlohmann::ordered_json picture_json(const Topology& topology, const GatewayWords& words) {
  return JsonTree(topology, words).tree();
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width)
      lines.push_back(word);
    else
      lines.back() += " " + word;
  }
  return lines.empty() ? std::vector<std::string>{""} : lines;
}

} // namespace hermesh::cli
