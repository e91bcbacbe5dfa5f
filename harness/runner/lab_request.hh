// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// What a client asks of a standing lab: one line of its socket, one JSON object.
///
///   {"do": "status"}                              the machines' names
///   {"do": "shell", "machine": "a"}               the console's socket
///   {"do": "exec", "machine": "a", "argv": [..]}  code, timed_out, output, diagnostics
///   {"do": "set", "changes": ["home-a:mapping=EIM", ..]}  the gateways, as measured afterwards
///   {"do": "down"}                                "ok", and the connection ends when all is down
struct LabRequest {
  enum class What : std::uint8_t { status, shell, exec, set, down };

  What what = What::status;
  std::string machine{};              ///< shell, exec
  std::vector<std::string> argv{};    ///< exec: at least the program
  std::vector<std::string> changes{}; ///< set: words of lab faults (trial_spec.hh)
};

/// InputError, with the place in the request, where it is none.
LabRequest read_lab_request(std::string_view line);

} // namespace hermesh
