// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/suggest.hh"
#include "runner/trial_spec.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

namespace hermesh {
namespace {

using nat::Behaviour;

[[noreturn]] void bad_fault(const LabFault& fault, const std::vector<std::string>& wanted) {
  std::string list;
  for (const auto& name : wanted)
    list += (list.empty() ? "" : ", ") + name;
  throw InputError(fault.said_by + ": " + fault.gateway + ":" + fault.field + ": found '" +
                   fault.value + "', wanted one of " + list + did_you_mean(fault.value, wanted));
}

[[noreturn]] void bad_value(const LabFault& fault, const std::string& wanted) {
  throw InputError(fault.said_by + ": " + fault.gateway + ":" + fault.field + ": found '" +
                   fault.value + "', wanted " + wanted);
}

/// The value among `all` that prints as `fault.value`.
template <typename Values, typename Print>
auto named(const LabFault& fault, const Values& all, Print print) {
  std::vector<std::string> names;
  for (const auto& value : all) {
    if (print(value) == fault.value) return value;
    names.push_back(print(value));
  }
  bad_fault(fault, names);
}

Duration duration(const LabFault& fault) {
  const auto value = parse_duration(fault.value);
  if (!value) bad_value(fault, "a time, for example 30s");
  return *value;
}

std::uint16_t number(const LabFault& fault, std::uint16_t most) {
  std::uint16_t value = 0;
  const auto* const end = fault.value.data() + fault.value.size();
  const auto [rest, problem] = std::from_chars(fault.value.data(), end, value);
  if (problem != std::errc{} || rest != end || value == 0 || value > most)
    bad_value(fault, "a number from 1 to " + std::to_string(most));
  return value;
}

bool flag(const LabFault& fault) {
  return named(
      fault, std::array{false, true}, [](bool b) { return std::string(b ? "true" : "false"); });
}

nat::OutPolicy out_policy(const LabFault& fault) {
  const std::array policies{
      nat::OutPolicy{}, nat::OutPolicy::none(), nat::OutPolicy{.only = {{443}}}};
  return named(fault, policies, [](const auto& policy) { return to_string(policy); });
}

using Set = void (*)(const LabFault&, Behaviour&);
struct Field {
  const char* name;
  Set set;
};

constexpr auto print = [](auto value) { return nat::to_string(value); };
constexpr std::array grades{nat::Dependence::endpoint_independent,
                            nat::Dependence::address_dependent,
                            nat::Dependence::address_and_port_dependent};

const std::array fields{
    Field{"mapping",
          [](const LabFault& f, Behaviour& b) { b.mapping = named(f, grades, nat::mapping_name); }},
    Field{"filtering",
          [](const LabFault& f, Behaviour& b) {
            b.filtering = named(f, grades, nat::filtering_name);
          }},
    Field{"translation",
          [](const LabFault& f, Behaviour& b) {
            using enum nat::Translating;
            b.translating = named(f, std::array{napt, none, one_to_one}, print);
          }},
    Field{"ports",
          [](const LabFault& f, Behaviour& b) {
            using enum nat::PortAssignment;
            constexpr std::array all{
                preserve, random, sequential_up, sequential_down, block, preserve_then_random};
            b.ports = named(f, all, print);
          }},
    Field{"port_block_size",
          [](const LabFault& f, Behaviour& b) { b.port_block_size = number(f, 64512); }},
    Field{"overload_ports", [](const LabFault& f, Behaviour& b) { b.overload_ports = flag(f); }},
    Field{"external_addresses",
          [](const LabFault& f, Behaviour& b) {
            b.external_addresses = number(f, Behaviour::most_external_addresses);
          }},
    Field{"pooling",
          [](const LabFault& f, Behaviour& b) {
            b.pooling = named(f, std::array{nat::Pooling::paired, nat::Pooling::arbitrary}, print);
          }},
    Field{"per_host_limit",
          [](const LabFault& f, Behaviour& b) { b.per_host_limit = number(f, 65535); }},
    Field{"flows",
          [](const LabFault& f, Behaviour& b) {
            b.flows = named(f, std::array{nat::FlowRule::reuse, nat::FlowRule::strict}, print);
          }},
    Field{"hairpin",
          [](const LabFault& f, Behaviour& b) {
            using enum nat::Hairpin;
            b.hairpin = named(f, std::array{off, external_source, internal_source}, print);
          }},
    Field{
        "refresh",
        [](const LabFault& f, Behaviour& b) {
          b.refresh = named(f, std::array{nat::Refresh::both, nat::Refresh::outbound_only}, print);
        }},
    Field{"udp_unreplied",
          [](const LabFault& f, Behaviour& b) { b.timers.udp_unreplied = duration(f); }},
    Field{"udp_stream", [](const LabFault& f, Behaviour& b) { b.timers.udp_stream = duration(f); }},
    Field{"tcp_transitory",
          [](const LabFault& f, Behaviour& b) { b.timers.tcp_transitory = duration(f); }},
    Field{"tcp_established",
          [](const LabFault& f, Behaviour& b) { b.timers.tcp_established = duration(f); }},
    Field{"icmp", [](const LabFault& f, Behaviour& b) { b.timers.icmp = duration(f); }},
    Field{"absolute_lifetime",
          [](const LabFault& f, Behaviour& b) { b.absolute_lifetime = duration(f); }},
    Field{"icmp_errors",
          [](const LabFault& f, Behaviour& b) {
            b.icmp_errors = named(f, std::array{true, false}, [](bool translated) {
              return std::string(translated ? "translated" : "dropped");
            });
          }},
    Field{"ipv6",
          [](const LabFault& f, Behaviour& b) {
            using enum nat::Ipv6;
            b.ipv6 = named(f, std::array{filtered, open, dropped, unreachable}, print);
          }},
    Field{"mtu",
          [](const LabFault& f, Behaviour& b) {
            b.mtu = number(f, Behaviour::ethernet_mtu);
            if (b.mtu < Behaviour::least_mtu) bad_value(f, "a number from 1280 to 1500");
          }},
    Field{"mtu_errors", [](const LabFault& f, Behaviour& b) { b.mtu_errors = flag(f); }},
    Field{"udp_out", [](const LabFault& f, Behaviour& b) { b.udp_out = out_policy(f); }},
    Field{"tcp_out", [](const LabFault& f, Behaviour& b) { b.tcp_out = out_policy(f); }},
    Field{"port_mapping",
          [](const LabFault& f, Behaviour& b) {
            constexpr std::array all{nat::PortMapping{},
                                     nat::PortMapping{.nat_pmp = true},
                                     nat::PortMapping{.pcp = true},
                                     nat::PortMapping{.nat_pmp = true, .pcp = true}};
            const auto offered = named(f, all, nat::protocols_name);
            b.port_mapping.nat_pmp = offered.nat_pmp;
            b.port_mapping.pcp = offered.pcp;
          }},
    Field{"port_mapping_refuses",
          [](const LabFault& f, Behaviour& b) {
            using enum nat::Refusing;
            constexpr std::array all{no, not_authorized, no_resources, network_failure};
            b.port_mapping.refuses = named(f, all, print);
          }},
    Field{"port_mapping_lifetime",
          [](const LabFault& f, Behaviour& b) { b.port_mapping.most_lifetime = duration(f); }},
    Field{"port_mapping_outbound",
          [](const LabFault& f, Behaviour& b) { b.port_mapping.outbound = flag(f); }},
    Field{"udp", [](const LabFault& f, Behaviour& b) {
            b.udp_out = named(
                f, std::array{nat::OutPolicy{}, nat::OutPolicy::none()}, [](const auto& policy) {
                  return std::string(policy.passes_none() ? "blocked" : "allowed");
                });
          }}};

void apply(const LabFault& fault, Behaviour& behaviour) {
  std::vector<std::string> names;
  std::string list;
  for (const Field& field : fields) {
    if (field.name != fault.field) {
      names.emplace_back(field.name);
      list += (list.empty() ? "" : ", ") + names.back();
      continue;
    }
    return field.set(fault, behaviour);
  }
  throw InputError(fault.said_by + ": found field '" + fault.field + "', wanted one of " + list +
                   did_you_mean(fault.field, names));
}

Gateway& gateway_of(const LabFault& fault, Network& network) {
  std::vector<std::string> names;
  for (auto& gateway : network.gateways) {
    if (gateway.spec.name == fault.gateway) return gateway;
    names.push_back(gateway.spec.name);
  }
  throw InputError(fault.said_by + ": there is no gateway '" + fault.gateway +
                   "' in this topology" + did_you_mean(fault.gateway, names));
}

} // namespace

LabFault parse_lab_fault(const std::string& text, const std::string& said_by) {
  const auto colon = text.find(':');
  const auto equals = text.find('=', colon == std::string::npos ? 0 : colon);
  if (colon == std::string::npos || equals == std::string::npos)
    throw InputError(said_by + ": found '" + text +
                     "', wanted GATEWAY:FIELD=VALUE, for example gw-a:mapping=APDM");
  return {.gateway = text.substr(0, colon),
          .field = text.substr(colon + 1, equals - colon - 1),
          .value = text.substr(equals + 1),
          .said_by = said_by};
}

void apply_lab_faults(const std::vector<LabFault>& faults, Network& network) {
  for (const auto& fault : faults)
    apply(fault, gateway_of(fault, network).behaviour);
  for (const auto& fault : faults)
    if (const auto found = nat::contradiction(gateway_of(fault, network).behaviour))
      throw InputError(fault.said_by + ": " + fault.gateway + ": " + found->field + ": " +
                       found->text);
}

} // namespace hermesh
