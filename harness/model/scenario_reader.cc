// SPDX-License-Identifier: MIT
#include "model/fields.hh"
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

nat::PortAssignment read_ports(const JsonReader& json) {
  constexpr std::array all{nat::PortAssignment::preserve, nat::PortAssignment::random};
  return all.at(json.one_of({nat::to_string(all[0]), nat::to_string(all[1])}));
}

nat::FlowRule read_flows(const JsonReader& json) {
  constexpr std::array all{nat::FlowRule::reuse, nat::FlowRule::strict};
  return all.at(json.one_of({nat::to_string(all[0]), nat::to_string(all[1])}));
}

nat::Timers read_timers(const JsonReader& json) {
  nat::Timers timers;
  json.object([&](Fields& fields) {
    const auto read = [&](const char* name, Duration& timer) {
      const auto field = fields.optional(name);
      if (field) timer = read_duration(*field, std::chrono::seconds{1}, std::chrono::hours{168});
    };
    read("udp_unreplied", timers.udp_unreplied);
    read("udp_stream", timers.udp_stream);
    read("tcp_transitory", timers.tcp_transitory);
    read("tcp_established", timers.tcp_established);
    read("icmp", timers.icmp);
  });
  return timers;
}

nat::Behaviour read_behaviour(Fields& fields) {
  nat::Behaviour behaviour;
  behaviour.mapping = read_dependence(fields.required("mapping"), nat::mapping_name);
  behaviour.filtering = read_dependence(fields.required("filtering"), nat::filtering_name);
  if (const auto ports = fields.optional("ports")) behaviour.ports = read_ports(*ports);
  if (const auto flows = fields.optional("flows")) behaviour.flows = read_flows(*flows);
  if (const auto udp = fields.optional("udp"))
    behaviour.udp_blocked = udp->one_of({"allowed", "blocked"}) == 1;
  if (const auto timers = fields.optional("timers")) behaviour.timers = read_timers(*timers);
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
    fields.required("gateways").each([&](const JsonReader& item) {
      const auto rule = read_rule(item);
      for (const auto& earlier : scenario.gateways)
        if (earlier.role == rule.role && earlier.gateway == rule.gateway)
          item.fail("found a second rule for " +
                    (rule.role.empty() ? "gateway '" + rule.gateway : "role '" + rule.role) + "'");
      scenario.gateways.push_back(rule);
    });
  });
  return scenario;
}

} // namespace hermesh
