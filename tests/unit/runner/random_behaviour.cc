// SPDX-License-Identifier: MIT
#include "random_behaviour.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;
using nat::Behaviour;
using nat::OutPolicy;

constexpr std::uint32_t fewest_ports = 16; ///< of a host, that a scenario may give

bool one_in(Random& random, std::uint32_t n) {
  return random.below(n) == 0;
}

template <typename Value>
Value any_of(Random& random, std::initializer_list<Value> values) {
  return *(values.begin() + random.below(static_cast<std::uint32_t>(values.size())));
}

/// 1 s to a week, what a scenario may say; every magnitude as often as any other.
Duration any_duration(Random& random) {
  constexpr Duration shortest = 1s;
  constexpr Duration longest = 168h;
  if (one_in(random, 8)) return any_of(random, {shortest, longest, Duration{30s}});
  const double magnitudes = std::log(static_cast<double>(longest / shortest));
  const auto ms = std::llround(1000 * std::exp(random.unit() * magnitudes));
  return std::min(longest, std::max<Duration>(shortest, std::chrono::milliseconds{ms}));
}

std::uint32_t
any_count(Random& random, std::uint32_t least, std::uint32_t most, std::uint32_t usual_most) {
  if (one_in(random, 8)) return any_of(random, {least, most});
  return least + random.below((one_in(random, 2) ? most : usual_most) - least + 1);
}

OutPolicy any_policy(Random& random) {
  OutPolicy policy = OutPolicy::none();
  if (one_in(random, 3)) return policy;
  for (std::uint32_t wanted = 1 + random.below(6); policy.only->size() < wanted;) {
    const auto other = static_cast<std::uint16_t>(1 + random.below(65535));
    const auto port = any_of<std::uint16_t>(random, {53, 80, 443, 3478, 3479, 51820, other});
    if (!policy.passes(port)) policy.only->push_back(port);
  }
  return policy;
}

nat::Dependence any_dependence(Random& random) {
  using enum nat::Dependence;
  return any_of(random, {endpoint_independent, address_dependent, address_and_port_dependent});
}

void draw_translation(Random& random, Behaviour& b) {
  using Ports = nat::PortAssignment;
  if (one_in(random, 4))
    b.translating = any_of(random, {nat::Translating::none, nat::Translating::one_to_one});
  b.mapping = any_dependence(random);
  b.filtering = any_dependence(random);
  if (!one_in(random, 3))
    b.ports = any_of(random,
                     {Ports::preserve,
                      Ports::random,
                      Ports::sequential_up,
                      Ports::sequential_down,
                      Ports::block,
                      Ports::preserve_then_random});
  if (b.ports == Ports::block && one_in(random, 2))
    b.port_block_size = static_cast<std::uint16_t>(any_count(random, fewest_ports, 64512, 5000));
  b.overload_ports = one_in(random, 4);
  if (one_in(random, 3))
    b.external_addresses =
        static_cast<std::uint16_t>(any_count(random, 1, Behaviour::most_external_addresses, 8));
  if (one_in(random, 4)) b.pooling = nat::Pooling::arbitrary;
}

void draw_port_mapping(Random& random, nat::PortMapping& mapping) {
  using enum nat::Refusing;
  mapping.nat_pmp = one_in(random, 2);
  mapping.pcp = !mapping.nat_pmp || one_in(random, 2);
  if (one_in(random, 2)) // whole seconds, as the protocols have them
    mapping.most_lifetime = std::chrono::floor<std::chrono::seconds>(any_duration(random));
  if (one_in(random, 2))
    mapping.refuses = any_of(random, {not_authorized, no_resources, network_failure});
  mapping.outbound = !one_in(random, 4);
}

void draw_rest(Random& random, Behaviour& b) {
  if (one_in(random, 2)) b.flows = nat::FlowRule::strict;
  if (one_in(random, 2))
    b.hairpin = any_of(random, {nat::Hairpin::external_source, nat::Hairpin::internal_source});
  if (one_in(random, 2)) b.refresh = nat::Refresh::outbound_only;
  for (auto timer : {&nat::Timers::udp_unreplied,
                     &nat::Timers::udp_stream,
                     &nat::Timers::tcp_transitory,
                     &nat::Timers::tcp_established,
                     &nat::Timers::icmp})
    if (one_in(random, 2)) b.timers.*timer = any_duration(random);
  if (one_in(random, 3)) b.absolute_lifetime = any_duration(random);
  if (one_in(random, 2)) b.icmp_errors = false;
  if (one_in(random, 3)) b.per_host_limit = any_count(random, fewest_ports, 65535, 100);
  if (one_in(random, 4)) b.udp_out = any_policy(random);
  if (one_in(random, 4)) b.tcp_out = any_policy(random);
  if (one_in(random, 3)) b.mtu = static_cast<std::uint16_t>(any_count(random, 1280, 1500, 1492));
  if (one_in(random, 3)) b.mtu_errors = false;
  if (one_in(random, 4)) draw_port_mapping(random, b.port_mapping);
}

template <typename Field>
Axis axis(const char* name, Field Behaviour::*field) {
  return {name, [field](Behaviour& to, const Behaviour& from) { to.*field = from.*field; }};
}

Axis timer(const char* name, Duration nat::Timers::*field) {
  return {name,
          [field](Behaviour& to, const Behaviour& from) { to.timers.*field = from.timers.*field; }};
}

nlohmann::ordered_json policy_document(const OutPolicy& policy) {
  if (policy.passes_all() || policy.passes_none()) return to_string(policy);
  return *policy.only;
}

nlohmann::ordered_json mapping_document(const nat::PortMapping& mapping) {
  if (!mapping.is_offered()) return nullptr; // left out
  auto protocols = nlohmann::ordered_json::array();
  if (mapping.nat_pmp) protocols.push_back("nat-pmp");
  if (mapping.pcp) protocols.push_back("pcp");
  return {{"protocols", protocols},
          {"lifetime", to_string(mapping.most_lifetime)},
          {"refuses", to_string(mapping.refuses)},
          {"outbound", mapping.outbound}};
}

/// All fields of a rule; timers by their own names.
nlohmann::ordered_json fields_of(const Behaviour& b) {
  return {{"translation", to_string(b.translating)},
          {"mapping", mapping_name(b.mapping)},
          {"filtering", filtering_name(b.filtering)},
          {"ports", to_string(b.ports)},
          {"port_block_size", b.port_block_size},
          {"overload_ports", b.overload_ports},
          {"flows", to_string(b.flows)},
          {"hairpin", to_string(b.hairpin)},
          {"refresh", to_string(b.refresh)},
          {"udp_unreplied", to_string(b.timers.udp_unreplied)},
          {"udp_stream", to_string(b.timers.udp_stream)},
          {"tcp_transitory", to_string(b.timers.tcp_transitory)},
          {"tcp_established", to_string(b.timers.tcp_established)},
          {"icmp", to_string(b.timers.icmp)},
          {"absolute_lifetime", to_string(b.absolute_lifetime)},
          {"pooling", to_string(b.pooling)},
          {"external_addresses", b.external_addresses},
          {"icmp_errors", b.icmp_errors ? "translated" : "dropped"},
          {"per_host_limit", b.per_host_limit},
          {"udp_out", policy_document(b.udp_out)},
          {"tcp_out", policy_document(b.tcp_out)},
          {"mtu", b.mtu},
          {"mtu_errors", b.mtu_errors},
          {"port_mapping", mapping_document(b.port_mapping)}};
}

constexpr std::array timer_names{
    "udp_unreplied", "udp_stream", "tcp_transitory", "tcp_established", "icmp"};

} // namespace

Behaviour random_behaviour(Random& random) {
  while (true) {
    Behaviour behaviour;
    draw_translation(random, behaviour);
    draw_rest(random, behaviour);
    if (!contradiction(behaviour)) return behaviour;
  }
}

const std::vector<Axis>& axes() {
  static const std::vector<Axis> all{axis("translation", &Behaviour::translating),
                                     axis("mapping", &Behaviour::mapping),
                                     axis("filtering", &Behaviour::filtering),
                                     axis("ports", &Behaviour::ports),
                                     axis("port_block_size", &Behaviour::port_block_size),
                                     axis("overload_ports", &Behaviour::overload_ports),
                                     axis("flows", &Behaviour::flows),
                                     axis("hairpin", &Behaviour::hairpin),
                                     axis("refresh", &Behaviour::refresh),
                                     timer("udp_unreplied", &nat::Timers::udp_unreplied),
                                     timer("udp_stream", &nat::Timers::udp_stream),
                                     timer("tcp_transitory", &nat::Timers::tcp_transitory),
                                     timer("tcp_established", &nat::Timers::tcp_established),
                                     timer("icmp", &nat::Timers::icmp),
                                     axis("absolute_lifetime", &Behaviour::absolute_lifetime),
                                     axis("pooling", &Behaviour::pooling),
                                     axis("external_addresses", &Behaviour::external_addresses),
                                     axis("icmp_errors", &Behaviour::icmp_errors),
                                     axis("per_host_limit", &Behaviour::per_host_limit),
                                     axis("udp_out", &Behaviour::udp_out),
                                     axis("tcp_out", &Behaviour::tcp_out),
                                     axis("mtu", &Behaviour::mtu),
                                     axis("mtu_errors", &Behaviour::mtu_errors),
                                     axis("port_mapping", &Behaviour::port_mapping)};
  return all;
}

std::vector<const Axis*> unusual_axes(const Behaviour& behaviour) {
  std::vector<const Axis*> unusual;
  for (const Axis& one : axes()) {
    Behaviour without = behaviour;
    one.copy(without, Behaviour{});
    if (without != behaviour) unusual.push_back(&one);
  }
  return unusual;
}

Behaviour shrink(Behaviour behaviour, const std::function<bool(const Behaviour&)>& fails) {
  const Behaviour usual;
  const auto take = [&](const Behaviour& smaller) {
    if (smaller == behaviour || contradiction(smaller) || !fails(smaller)) return false;
    behaviour = smaller;
    return true;
  };
  /// Of two together, too: a block of 100 ports cannot be had without a block, nor the other way
  /// round.
  const auto one_step = [&] {
    const auto unusual = unusual_axes(behaviour);
    for (const Axis* one : unusual)
      for (const Axis* other : unusual) {
        Behaviour smaller = behaviour;
        one->copy(smaller, usual);
        other->copy(smaller, usual);
        if (take(smaller)) return true;
      }
    return false;
  };
  while (one_step()) {
  }
  return behaviour;
}

nlohmann::ordered_json scenario_document(const Behaviour& behaviour) {
  const auto usual = fields_of({});
  const auto fields = fields_of(behaviour);
  nlohmann::ordered_json rule{{"role", "home"}};
  nlohmann::ordered_json timers;
  for (const auto& [name, value] : fields.items()) {
    const bool required = name == "mapping" || name == "filtering";
    if (!required && value == usual.at(name)) continue;
    const bool is_timer = std::ranges::find(timer_names, name) != timer_names.end();
    (is_timer ? timers : rule)[name] = value;
  }
  if (!timers.empty()) rule["timers"] = timers;
  return {{"schema", 1},
          {"name", "drawn"},
          {"description", "One gateway, drawn at random."},
          {"gateways", nlohmann::ordered_json::array({rule})}};
}

} // namespace hermesh::testing
