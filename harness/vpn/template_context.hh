// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "vpn/deployment.hh"
#include "vpn/functions.hh"
#include "vpn/template.hh"
#include "vpn/value.hh"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hermesh {

/// What the names in a VPN's templates stand for: the machines of a trial, the options chosen, and
/// the folder's own values, which are worked out once per machine when first asked for.
class TemplateContext {
public:
  /// `vpn` and `machines` must outlive it.
  TemplateContext(const VpnSpec& vpn,
                  const std::vector<DeployedMachine>& machines,
                  std::uint64_t seed,
                  std::string program);

  /// `nodes` filled in for machine number `self`. InputError with the place of what is wrong.
  std::string fill(const Template& nodes, std::size_t self);
  /// One string of vpn.json, `pointer` says which.
  std::string fill_phrase(std::string_view pointer, std::string_view text, std::size_t self);

  Address overlay(std::size_t machine);
  /// Works out every value for every machine, used or not, so that no mistake sleeps.
  void check_values();

private:
  struct Scope {
    std::size_t self;
    std::map<std::string, std::size_t> variables{}; ///< of the loops around
  };
  struct Known {
    bool ready = false;
    Value value{};
  };

  void fill(const Template& nodes, const Scope& scope, std::string& text);
  void fill_node(const LiteralText& literal, const Scope& scope, std::string& text);
  void fill_node(const Insertion& insertion, const Scope& scope, std::string& text);
  void fill_node(const Choice& choice, const Scope& scope, std::string& text);
  void fill_node(const Repetition& repetition, const Scope& scope, std::string& text);
  Value evaluate(const Expression& expression, const Scope& scope);
  Value evaluate_name(const std::string& name, const Scope& scope);
  Value attribute(std::size_t machine, const std::string& name);
  Value value(std::size_t index, std::size_t machine);
  Value option(const std::string& name) const;
  std::string pointer(std::string_view where) const;
  std::vector<std::size_t> list(const std::string& name, const Scope& scope) const;
  std::size_t first_relay() const;
  std::vector<std::string> names(const Scope& scope) const;

  const VpnSpec& vpn_;
  const std::vector<DeployedMachine>& machines_;
  std::string program_;
  KeySource keys_;
  /// By (place in vpn_.values, machine); the overlay's place is past the end.
  std::map<std::pair<std::size_t, std::size_t>, Known> known_;
};

/// Where a VPN's files lie on a machine: "/run/hermesh/<name>".
std::string folder_on_machine(const VpnSpec& vpn);

} // namespace hermesh
