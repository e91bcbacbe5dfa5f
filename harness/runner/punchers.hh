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

  /// What came of an attempt, in the two programs' words; the wire knows better (judge/punches.hh).
  struct Outcome {
    bool introduced = true; ///< both were told of the other, and could begin
    bool reached = false;   ///< one of them was answered
  };
  /// One attempt, from fresh ports. Sessions tell attempts apart: each has its own.
  Outcome punch(std::uint64_t session, nat::Protocol transport);

  static constexpr std::uint16_t rendezvous_port = 3478;

private:
  void take(const nlohmann::json& event);
  void ask(ProbeLink& link, nlohmann::json request);
  template <typename Done>
  void await(Done done, std::string_view what);

  Lab* lab_;
  std::vector<std::unique_ptr<ProbeLink>> links_{}; ///< of A, of B, of the rendezvous
  std::string server_{};
  std::uint64_t session_ = 0;
  std::array<std::optional<Outcome>, 2> said_{};
};

} // namespace hermesh
