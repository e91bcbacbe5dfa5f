// SPDX-License-Identifier: MIT
#include "vpn/template_context.hh"

#include "base/error.hh"
#include "base/suggest.hh"

#include <algorithm>
#include <array>
#include <optional>

namespace hermesh {
namespace {

constexpr std::array<std::string_view, 7> attributes{
    "name", "role", "index", "underlay", "public_address", "reachable", "overlay"};
constexpr std::array<std::string_view, 3> lists{"machines", "peers", "relays"};
constexpr std::array<std::string_view, 5> words{"self", "relay", "vpn", "folder", "program"};

KeySource
key_source(const VpnSpec& vpn, const std::vector<DeployedMachine>& machines, std::uint64_t seed) {
  KeySource keys{.seed = seed, .vpn = vpn.name, .machines = {}};
  for (const auto& machine : machines)
    keys.machines.push_back(machine.name);
  return keys;
}

std::string to_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  throw InputError("found a machine, wanted one of its attributes, such as 'self.name'");
}

} // namespace

TemplateContext::TemplateContext(const VpnSpec& vpn,
                                 const std::vector<DeployedMachine>& machines,
                                 std::uint64_t seed,
                                 std::string program)
    : vpn_(vpn), machines_(machines), program_(std::move(program)),
      keys_(key_source(vpn, machines, seed)) {}

std::string TemplateContext::pointer(std::string_view where) const {
  return (vpn_.folder / "vpn.json").string() + ": " + std::string(where);
}

std::string TemplateContext::fill(const Template& nodes, std::size_t self) {
  std::string text;
  fill(nodes, Scope{.self = self}, text);
  return text;
}

std::string
TemplateContext::fill_phrase(std::string_view where, std::string_view text, std::size_t self) {
  return fill(parse_phrase(pointer(where), text), self);
}

void TemplateContext::fill(const Template& nodes, const Scope& scope, std::string& text) {
  for (const auto& node : nodes)
    std::visit([&](const auto& content) { fill_node(content, scope, text); }, node.content);
}

void TemplateContext::fill_node(const LiteralText& literal,
                                const Scope& /*scope*/,
                                std::string& text) {
  text += literal.text;
}

void TemplateContext::fill_node(const Insertion& insertion, const Scope& scope, std::string& text) {
  text +=
      while_doing(insertion.place, [&] { return to_text(evaluate(insertion.expression, scope)); });
}

void TemplateContext::fill_node(const Choice& choice, const Scope& scope, std::string& text) {
  const auto chosen = while_doing(choice.place, [&] {
    const auto condition = evaluate(choice.condition, scope);
    if (const auto* flag = std::get_if<bool>(&condition)) return *flag;
    throw InputError("found " + type_of(condition) + ", wanted true or false after 'if'");
  });
  fill(chosen ? choice.body : choice.otherwise, scope, text);
}

void TemplateContext::fill_node(const Repetition& repetition,
                                const Scope& scope,
                                std::string& text) {
  const auto machines = while_doing(repetition.place, [&] {
    const auto known = names(scope);
    if (std::ranges::find(known, repetition.variable) != known.end())
      throw InputError("'" + repetition.variable + "' has a meaning already");
    return list(repetition.list, scope);
  });
  auto inner = scope;
  for (const auto machine : machines) {
    inner.variables[repetition.variable] = machine;
    fill(repetition.body, inner, text);
  }
}

Value TemplateContext::evaluate(const Expression& expression, const Scope& scope) {
  switch (expression.kind) {
  case Expression::Kind::text: return expression.text;
  case Expression::Kind::number: return expression.number;
  case Expression::Kind::name: return evaluate_name(expression.text, scope);
  case Expression::Kind::call: break;
  }
  std::vector<Value> arguments;
  for (const auto& argument : expression.arguments)
    arguments.push_back(evaluate(argument, scope));
  return call_function(expression.text, arguments, keys_);
}

Value TemplateContext::evaluate_name(const std::string& name, const Scope& scope) {
  const auto dot = name.find('.');
  const auto head = name.substr(0, dot);
  const auto machine = [&]() -> std::optional<std::size_t> {
    if (head == "self") return scope.self;
    if (head == "relay") return first_relay();
    const auto variable = scope.variables.find(head);
    if (variable == scope.variables.end()) return std::nullopt;
    return variable->second;
  }();
  if (dot != std::string::npos) {
    const auto tail = name.substr(dot + 1);
    if (machine) return attribute(*machine, tail);
    if (head == "options") return option(tail);
    std::vector<std::string> heads{"self", "relay", "options"};
    for (const auto& [variable, index] : scope.variables)
      heads.push_back(variable);
    throw InputError("there is no '" + head + "' to have a '" + tail + "'" +
                     did_you_mean(head, heads));
  }
  if (machine) return MachineRef{*machine};
  if (name == "vpn") return vpn_.name;
  if (name == "folder") return folder_on_machine(vpn_);
  if (name == "program") return program_;
  for (std::size_t i = 0; i < vpn_.values.size(); ++i)
    if (vpn_.values[i].first == name) return value(i, scope.self);
  if (std::ranges::find(lists, name) != lists.end())
    throw InputError("found the list '" + name +
                     "', wanted a value (lists stand in '${for NAME in " + name + "}')");
  throw InputError("there is no name '" + name + "'" + did_you_mean(name, names(scope)));
}

Value TemplateContext::attribute(std::size_t index, const std::string& name) {
  const auto& machine = machines_.at(index);
  if (name == "name") return machine.name;
  if (name == "role") return machine.role;
  if (name == "index") return static_cast<std::int64_t>(index + 1);
  if (name == "underlay") return to_string(machine.underlay);
  if (name == "public_address") return to_string(machine.public_address);
  if (name == "reachable") return machine.reachable;
  if (name == "overlay") return to_string(overlay(index));
  for (std::size_t i = 0; i < vpn_.values.size(); ++i)
    if (vpn_.values[i].first == name) return value(i, index);
  std::vector<std::string> known(attributes.begin(), attributes.end());
  for (const auto& [value, text] : vpn_.values)
    known.push_back(value);
  throw InputError("a machine has no '" + name + "'" + did_you_mean(name, known));
}

Value TemplateContext::value(std::size_t index, std::size_t machine) {
  const bool is_overlay = index == vpn_.values.size();
  const auto [known, fresh] = known_.try_emplace({index, machine});
  if (!fresh && !known->second.ready)
    throw InputError((is_overlay ? "the overlay address" : "'" + vpn_.values[index].first + "'") +
                     " needs itself to be worked out");
  if (known->second.ready) return known->second.value;
  const auto where = is_overlay ? "/overlay" : "/values/" + std::to_string(index) + "/value";
  const auto nodes =
      parse_phrase(pointer(where), is_overlay ? vpn_.overlay : vpn_.values[index].second);
  const auto* only = nodes.size() == 1 ? std::get_if<Insertion>(&nodes[0].content) : nullptr;
  known->second.value =
      only != nullptr
          ? while_doing(only->place, [&] { return evaluate(only->expression, {.self = machine}); })
          : Value(fill(nodes, machine)); // a lone expression keeps its type
  known->second.ready = true;
  return known->second.value;
}

Address TemplateContext::overlay(std::size_t machine) {
  if (vpn_.overlay.empty()) return machines_.at(machine).underlay;
  const auto text = value(vpn_.values.size(), machine);
  const auto* bytes = std::get_if<std::string>(&text);
  const auto address = bytes != nullptr ? Address::parse(*bytes) : std::nullopt;
  if (!address)
    throw InputError(pointer("/overlay") + ": found " +
                     (bytes != nullptr ? "'" + *bytes + "'" : type_of(text)) + " for machine '" +
                     machines_.at(machine).name + "', wanted an address");
  return *address;
}

Value TemplateContext::option(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& option : vpn_.options) {
    if (option.name == name) return option.value.empty() ? option.default_value : option.value;
    known.push_back(option.name);
  }
  throw InputError("there is no option '" + name + "'" + did_you_mean(name, known));
}

std::vector<std::size_t> TemplateContext::list(const std::string& name, const Scope& scope) const {
  const std::vector<std::string> known(lists.begin(), lists.end());
  if (std::ranges::find(known, name) == known.end())
    throw InputError("there is no list '" + name + "'" + did_you_mean(name, known));
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    const auto& role = machines_[i].role;
    if (name == "machines" || (name == "relays" && role == "relay") ||
        (name == "peers" && role == "peer" && i != scope.self))
      chosen.push_back(i);
  }
  return chosen;
}

std::size_t TemplateContext::first_relay() const {
  const auto found = std::ranges::find(machines_, "relay", &DeployedMachine::role);
  if (found == machines_.end())
    throw InputError("'" + vpn_.name +
                     "' needs a machine of role 'relay', and the topology has none");
  return static_cast<std::size_t>(found - machines_.begin());
}

std::vector<std::string> TemplateContext::names(const Scope& scope) const {
  std::vector<std::string> names(words.begin(), words.end());
  names.insert(names.end(), lists.begin(), lists.end());
  names.emplace_back("options");
  for (const auto& [name, text] : vpn_.values)
    names.push_back(name);
  for (const auto& [name, machine] : scope.variables)
    names.push_back(name);
  return names;
}

void TemplateContext::check_values() {
  for (std::size_t machine = 0; machine < machines_.size(); ++machine) {
    overlay(machine);
    for (std::size_t i = 0; i < vpn_.values.size(); ++i)
      value(i, machine);
  }
}

std::string folder_on_machine(const VpnSpec& vpn) {
  return "/run/hermesh/" + vpn.name;
}

} // namespace hermesh
