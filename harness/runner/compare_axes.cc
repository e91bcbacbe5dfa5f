// SPDX-License-Identifier: MIT
//
// What is declared beside what was measured, axis by axis, with what probes can see in mind.
#include "runner/certificate.hh"

#include <charconv>
#include <optional>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using nat::Behaviour;

constexpr Duration timer_tolerance = 100ms; // what certification reports to
constexpr unsigned largest_visible_block = 32256;
constexpr unsigned largest_counted_block = 4096;

/// Of a policy, what probes can see.
std::string visible_policy(const nat::OutPolicy& policy) {
  nat::OutPolicy visible = nat::OutPolicy::none();
  for (const std::uint16_t port : probed_ports)
    if (policy.passes(port)) visible.only->push_back(port);
  return visible.only->size() == probed_ports.size() ? "all" : to_string(visible);
}

bool any_probe_passes(const nat::OutPolicy& policy) {
  return visible_policy(policy) != "none";
}

/// "A or B" has both words.
bool has_word(const std::string& measured, const std::string& word) {
  constexpr std::string_view either = " or ";
  std::size_t from = 0;
  while (true) {
    const auto to = measured.find(either, from);
    if (measured.substr(from, to - from) == word) return true;
    if (to == std::string::npos) return false;
    from = to + either.size();
  }
}

/// The number that ends "at least 5000", "above 64" or "64".
std::optional<unsigned> number_of(std::string_view text, std::string_view prefix = "") {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_about(const std::string& measured, Duration wanted) {
  const auto found = parse_duration(measured);
  return found && (*found > wanted ? *found - wanted : wanted - *found) <= timer_tolerance;
}

/// Lays the axes out, one after the other.
class Comparison {
public:
  Comparison(const Behaviour& declared, const MeasuredBehaviour& measured)
      : d_(declared), m_(measured), udp_(any_probe_passes(declared.udp_out)),
        tcp_(any_probe_passes(declared.tcp_out)) {}

  std::vector<AxisResult> all() {
    translation();
    ports();
    word("flows", to_string(d_.flows), m_.flows, to_string(usual_.flows), shows());
    word("hairpin", to_string(d_.hairpin), m_.hairpin, to_string(usual_.hairpin), shows());
    life();
    word("icmp_errors",
         d_.icmp_errors ? "translated" : "dropped",
         m_.icmp_errors,
         "translated",
         shows());
    reachability();
    port_mapping();
    return std::move(results_);
  }

private:
  bool shows() const { return udp_ || tcp_; }

  void add(const std::string& axis,
           const std::string& declared,
           const std::string& measured,
           bool as_declared,
           bool usual) {
    results_.push_back({.axis = axis,
                        .declared = declared,
                        .measured = measured,
                        .as_declared = as_declared,
                        .usual = usual && as_declared});
    for (const Evidence& one : m_.evidence)
      if (one.axis == axis) results_.back().evidence.push_back(one);
  }

  /// `visible`: what is declared lets probes see it.
  void word(const std::string& axis,
            const std::string& declared,
            const std::string& measured,
            const std::string& usual,
            bool visible) {
    const bool unseen = measured == "?" && !visible;
    add(axis,
        declared,
        measured,
        unseen || measured == "either" || has_word(measured, declared),
        declared == usual);
  }

  void translation() {
    word("translation", to_string(d_.translating), m_.translation, "napt", shows());
    word("mapping", nat::mapping_name(d_.mapping), m_.mapping, "", shows());
    word("filtering", nat::filtering_name(d_.filtering), m_.filtering, "", shows());
  }

  void ports() {
    const bool block = d_.ports == nat::PortAssignment::block;
    const bool vast = block && d_.port_block_size > largest_visible_block;
    const auto declared = to_string(d_.ports);
    add("ports",
        declared,
        m_.ports,
        (m_.ports == "?" && !shows()) || has_word(m_.ports, declared) ||
            (vast && m_.ports == "random"),
        declared == "preserve");
    const auto size = block ? std::to_string(d_.port_block_size) : "none";
    add("port_block_size", size, m_.port_block_size, block_size_fits(), !block);
    word("overload_ports",
         d_.overload_ports ? "true" : "false",
         m_.overload_ports,
         "false",
         shows());
    addresses();
    const auto limit = d_.per_host_limit;
    const auto limit_word = limit == 0 ? std::string("none") : std::to_string(limit);
    const auto above = number_of(m_.per_host_limit, "above ");
    const bool unseen =
        limit == 0 || (block && d_.port_block_size <= limit); // the block ends first
    const bool fits = unseen ? above.has_value()
                             : number_of(m_.per_host_limit) == limit || (above && *above < limit);
    add("per_host_limit",
        limit_word,
        m_.per_host_limit,
        fits || (m_.per_host_limit == "?" && !shows()),
        limit == 0);
  }

  bool block_size_fits() const {
    const unsigned declared = d_.port_block_size;
    if (d_.ports != nat::PortAssignment::block || m_.ports != "block")
      return m_.port_block_size == "none";
    if (number_of(m_.port_block_size) == declared) return true;
    const auto least = number_of(m_.port_block_size, "at least ");
    const bool limited = d_.per_host_limit != 0 && d_.per_host_limit < declared;
    if (!least || *least > declared) return false;
    return limited || (declared > largest_counted_block && *least > declared / 10 * 9);
  }

  void addresses() {
    const unsigned count = d_.external_addresses;
    const auto least = number_of(m_.external_addresses, "at least ");
    add("external_addresses",
        std::to_string(count),
        m_.external_addresses,
        number_of(m_.external_addresses) == count || (least && *least <= count) ||
            (m_.external_addresses == "?" && !shows()),
        count == 1);
    word("pooling", to_string(d_.pooling), m_.pooling, "paired", shows());
  }

  void life() {
    const nat::Timers usual;
    timer("udp_unreplied", d_.timers.udp_unreplied, m_.udp_unreplied, usual.udp_unreplied, udp_);
    timer("udp_stream", d_.timers.udp_stream, m_.udp_stream, usual.udp_stream, udp_);
    timer(
        "tcp_transitory", d_.timers.tcp_transitory, m_.tcp_transitory, usual.tcp_transitory, tcp_);
    timer("tcp_established",
          d_.timers.tcp_established,
          m_.tcp_established,
          usual.tcp_established,
          tcp_);
    timer("icmp", d_.timers.icmp, m_.icmp, usual.icmp, true);
    word("refresh", to_string(d_.refresh), m_.refresh, "both", true);
    lifetime();
  }

  /// An entry whose lifetime is over does not live to see its idle timer.
  void timer(const std::string& axis,
             Duration declared,
             const std::string& measured,
             Duration usual,
             bool visible) {
    const bool cut = d_.absolute_lifetime != 0s && d_.absolute_lifetime < declared;
    const Duration wanted = cut ? d_.absolute_lifetime : declared;
    add(axis,
        to_string(declared),
        measured,
        is_about(measured, wanted) || (measured == "?" && !visible),
        declared == usual && !cut);
  }

  void lifetime() {
    constexpr std::string_view above = "above ";
    const bool none = d_.absolute_lifetime == 0s;
    const bool outlived = m_.absolute_lifetime.starts_with(above);
    const auto bound =
        outlived ? parse_duration(m_.absolute_lifetime.substr(above.size())) : std::nullopt;
    const bool fits = none ? outlived
                           : is_about(m_.absolute_lifetime, d_.absolute_lifetime) ||
                                 (bound && *bound <= d_.absolute_lifetime);
    add("absolute_lifetime",
        none ? "none" : to_string(d_.absolute_lifetime),
        m_.absolute_lifetime,
        fits,
        none);
  }

  void reachability() {
    const auto policy =
        [&](const std::string& axis, const nat::OutPolicy& declared, const std::string& measured) {
          add(axis,
              to_string(declared),
              measured,
              measured == visible_policy(declared),
              declared.passes_all());
        };
    policy("udp_out", d_.udp_out, m_.udp_out);
    policy("tcp_out", d_.tcp_out, m_.tcp_out);
    word("unsolicited_syn", "ignored", m_.unsolicited_syn, "ignored", tcp_);
    word("simultaneous_open", "works", m_.simultaneous_open, "works", tcp_);
    word("icmp_query", "passes", m_.icmp_query, "passes", true);
    word("mtu", std::to_string(d_.mtu), m_.mtu, "1500", shows());
    word("mtu_errors", d_.mtu_errors ? "true" : "false", m_.mtu_errors, "true", shows());
    word("fragments", "any order", m_.fragments, "any order", shows());
  }

  /// One line where nobody may ask for ports; where somebody may, how that goes.
  void port_mapping() {
    const auto& d = d_.port_mapping;
    word("port_mapping", protocols_name(d), m_.port_mapping, "none", true);
    word("port_mapping_outside", "ignored", m_.port_mapping_outside, "ignored", true);
    if (!d.is_offered() || m_.port_mapping == "none") return;
    const bool grants = d.grants();
    const auto granted = [&](const std::string& text) { return grants ? text : "none"; };
    const auto row = [&](const char* axis, const std::string& declared, const std::string& seen) {
      word(axis, declared, seen, declared, true);
    };
    word("port_mapping_refuses", to_string(d.refuses), m_.port_mapping_refuses, "no", true);
    const auto lifetime = std::chrono::floor<std::chrono::seconds>(d.most_lifetime);
    row("port_mapping_lifetime", granted(to_string(Duration{lifetime})), m_.port_mapping_lifetime);
    row("port_mapping_inbound", grants ? "anyone" : "nobody", m_.port_mapping_inbound);
    word("port_mapping_outbound",
         granted(d.outbound ? "true" : "false"),
         m_.port_mapping_outbound,
         granted("true"),
         true);
    row("port_mapping_holder", granted("keeps it"), m_.port_mapping_holder);
    row("port_mapping_end", granted("at once"), m_.port_mapping_end);
  }

  const Behaviour& d_;
  const MeasuredBehaviour& m_;
  Behaviour usual_{};
  bool udp_, tcp_;
  std::vector<AxisResult> results_{};
};

} // namespace

std::vector<AxisResult> compare(const Behaviour& declared, const MeasuredBehaviour& measured) {
  return Comparison(declared, measured).all();
}

} // namespace hermesh
