// SPDX-License-Identifier: MIT
#include "model/fields.hh"
#include "model/port_mapping_reader.hh"
#include "model/readers.hh"

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

using Fields = JsonReader::Fields;

constexpr std::array dependences{nat::Dependence::endpoint_independent,
                                 nat::Dependence::address_dependent,
                                 nat::Dependence::address_and_port_dependent};

nat::Dependence read_dependence(const JsonReader& json, std::string (*name)(nat::Dependence)) {
  std::vector<std::string> names;
  for (const auto dependence : dependences)
    names.push_back(name(dependence));
  return dependences.at(json.one_of(names));
}

constexpr std::array translatings{
    nat::Translating::napt, nat::Translating::none, nat::Translating::one_to_one};
constexpr std::array port_assignments{nat::PortAssignment::preserve,
                                      nat::PortAssignment::random,
                                      nat::PortAssignment::sequential_up,
                                      nat::PortAssignment::sequential_down,
                                      nat::PortAssignment::block,
                                      nat::PortAssignment::preserve_then_random};
constexpr std::array flow_rules{nat::FlowRule::reuse, nat::FlowRule::strict};
constexpr std::array hairpins{
    nat::Hairpin::off, nat::Hairpin::external_source, nat::Hairpin::internal_source};
constexpr std::array refreshes{nat::Refresh::both, nat::Refresh::outbound_only};
constexpr std::array poolings{nat::Pooling::paired, nat::Pooling::arbitrary};
constexpr std::array ipv6_kinds{
    nat::Ipv6::filtered, nat::Ipv6::open, nat::Ipv6::dropped, nat::Ipv6::unreachable};

/// The value among `all` whose word stands there.
template <typename Values>
auto read_word(const JsonReader& json, const Values& all) {
  std::vector<std::string> words;
  for (const auto value : all)
    words.push_back(nat::to_string(value));
  return all.at(json.one_of(words));
}

/// "all", "none", or a list of ports.
nat::OutPolicy read_out_policy(const JsonReader& json) {
  if (!json.is_list()) {
    if (!json.is_text())
      json.fail("found " + json.quoted() + ", wanted 'all', 'none' or a list of ports");
    return json.one_of({"all", "none"}) == 0 ? nat::OutPolicy{} : nat::OutPolicy::none();
  }
  auto policy = nat::OutPolicy::none();
  json.each([&](const JsonReader& item) {
    const auto port = static_cast<std::uint16_t>(item.integer(1, 65535));
    if (policy.passes(port)) item.fail("found port " + std::to_string(port) + " twice");
    policy.only->push_back(port);
  });
  if (policy.passes_none()) json.fail("found an empty list, wanted 'none' or ports");
  return policy;
}

constexpr Duration shortest_timer = std::chrono::seconds{1};
constexpr Duration longest_timer = std::chrono::hours{168};

nat::Timers read_timers(const JsonReader& json) {
  nat::Timers timers;
  json.object([&](Fields& fields) {
    const auto read = [&](const char* name, Duration& timer) {
      const auto field = fields.optional(name);
      if (field) timer = read_duration(*field, shortest_timer, longest_timer);
    };
    read("udp_unreplied", timers.udp_unreplied);
    read("udp_stream", timers.udp_stream);
    read("tcp_transitory", timers.tcp_transitory);
    read("tcp_established", timers.tcp_established);
    read("icmp", timers.icmp);
  });
  return timers;
}

/// Of one host: with fewer at once no probe could tell the other axes.
constexpr std::int64_t fewest_ports = 16;

void read_translation(Fields& fields, nat::Behaviour& behaviour) {
  if (const auto translation = fields.optional("translation"))
    behaviour.translating = read_word(*translation, translatings);
  behaviour.mapping = read_dependence(fields.required("mapping"), nat::mapping_name);
  behaviour.filtering = read_dependence(fields.required("filtering"), nat::filtering_name);
  if (const auto ports = fields.optional("ports"))
    behaviour.ports = read_word(*ports, port_assignments);
  if (const auto size = fields.optional("port_block_size"))
    behaviour.port_block_size = static_cast<std::uint16_t>(size->integer(fewest_ports, 64512));
  if (const auto overload = fields.optional("overload_ports"))
    behaviour.overload_ports = overload->flag();
  if (const auto pooling = fields.optional("pooling"))
    behaviour.pooling = read_word(*pooling, poolings);
  if (const auto addresses = fields.optional("external_addresses"))
    behaviour.external_addresses =
        static_cast<std::uint16_t>(addresses->integer(1, nat::Behaviour::most_external_addresses));
}

void read_life(Fields& fields, nat::Behaviour& behaviour) {
  if (const auto refresh = fields.optional("refresh"))
    behaviour.refresh = read_word(*refresh, refreshes);
  if (const auto timers = fields.optional("timers")) behaviour.timers = read_timers(*timers);
  if (const auto lifetime = fields.optional("absolute_lifetime"))
    behaviour.absolute_lifetime = read_duration(*lifetime, shortest_timer, longest_timer);
  if (const auto limit = fields.optional("per_host_limit"))
    behaviour.per_host_limit = static_cast<std::uint32_t>(limit->integer(fewest_ports, 65535));
}

void read_links(Fields& fields, nat::Behaviour& behaviour) {
  if (const auto ipv6 = fields.optional("ipv6")) behaviour.ipv6 = read_word(*ipv6, ipv6_kinds);
  if (const auto mtu = fields.optional("mtu"))
    behaviour.mtu = static_cast<std::uint16_t>(
        mtu->integer(nat::Behaviour::least_mtu, nat::Behaviour::ethernet_mtu));
  if (const auto errors = fields.optional("mtu_errors")) behaviour.mtu_errors = errors->flag();
}

nat::Behaviour read_behaviour(Fields& fields) {
  nat::Behaviour behaviour;
  read_translation(fields, behaviour);
  read_life(fields, behaviour);
  if (const auto flows = fields.optional("flows")) behaviour.flows = read_word(*flows, flow_rules);
  if (const auto hairpin = fields.optional("hairpin"))
    behaviour.hairpin = read_word(*hairpin, hairpins);
  if (const auto errors = fields.optional("icmp_errors"))
    behaviour.icmp_errors = errors->one_of({"translated", "dropped"}) == 0;
  if (const auto udp = fields.optional("udp_out")) behaviour.udp_out = read_out_policy(*udp);
  if (const auto tcp = fields.optional("tcp_out")) behaviour.tcp_out = read_out_policy(*tcp);
  read_links(fields, behaviour);
  if (const auto mapping = fields.optional("port_mapping"))
    behaviour.port_mapping = read_port_mapping(*mapping);
  if (const auto found = nat::contradiction(behaviour))
    fields.required(found->field).fail(found->text);
  return behaviour;
}

GatewayRule read_rule(const JsonReader& json) {
  GatewayRule rule;
  json.object([&](Fields& fields) {
    if (const auto role = fields.optional("role")) rule.role = read_name(*role);
    if (const auto gateway = fields.optional("gateway")) rule.gateway = read_name(*gateway);
    rule.behaviour = read_behaviour(fields);
    if (rule.role.empty() && rule.gateway.empty())
      json.fail("missing field 'role' or 'gateway': whose behaviour this is");
    if (!rule.role.empty() && !rule.gateway.empty())
      json.fail("found both 'role' and 'gateway', wanted one of them");
  });
  return rule;
}

} // namespace

Scenario read_scenario(const JsonReader& json) {
  Scenario scenario;
  json.object([&](Fields& fields) {
    read_schema(fields);
    scenario.name = read_name(fields.required("name"));
    scenario.description = read_line(fields.required("description"));
    if (const auto stands_for = fields.optional("stands_for"))
      scenario.stands_for = read_line(*stands_for);
    if (const auto source = fields.optional("source")) scenario.source = read_line(*source);
    fields.required("gateways").each([&](const JsonReader& item) {
      const auto rule = read_rule(item);
      for (const auto& earlier : scenario.gateways)
        if (earlier.role == rule.role && earlier.gateway == rule.gateway)
          item.fail("found a second rule for " +
                    (rule.role.empty() ? "gateway '" + rule.gateway : "role '" + rule.role) + "'");
      scenario.gateways.push_back(rule);
    });
    if (const auto events = fields.optional("events")) scenario.events = read_events(*events);
  });
  return scenario;
}

} // namespace hermesh
