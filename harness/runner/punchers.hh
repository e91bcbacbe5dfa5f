// SPDX-License-Identifier: MIT
#pragma once

#include "nat/translation.hh"
#include "runner/lab.hh"
#include "runner/probe_link.hh"
#include "runner/trial_spec.hh"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// The probe programs of the pair and of the machine that introduces them, which try the reference
/// puncher as often as they are asked to.
class Punchers {
public:
  /// Connects to them; the machines are up. Throws Error when one does not answer.
  Punchers(Lab& lab, const TrialSpec& spec);

  /// One attempt, from fresh ports. True when one of the two says that it was answered; the wire
  /// knows better (judge/punches.hh). Sessions tell attempts apart: each has its own.
  bool punch(std::uint64_t session, nat::Protocol transport);

private:
  void take(const nlohmann::json& event);
  void ask(ProbeLink& link, nlohmann::json request);
  template <typename Done>
  void await(Done done, std::string_view what);

  Lab* lab_;
  std::vector<std::unique_ptr<ProbeLink>> links_{}; ///< of A, of B, of the rendezvous
  std::string server_{};
  std::uint64_t session_ = 0;
  std::array<std::optional<bool>, 2> told_{};
};

} // namespace hermesh
