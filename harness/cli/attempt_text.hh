// SPDX-License-Identifier: MIT
#pragma once

#include "runner/attempts.hh"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace hermesh::cli {

/// How `matrix` and `sweep` show what came of attempts.
std::string attempt_text(const Attempt& attempt); ///< "direct", "-", "direct!", "invalid!"
std::string count_text(const Attempts& attempts); ///< "81 of 81 as theory says"
std::string phases_text(const Attempts& attempts);
nlohmann::ordered_json attempt_json(const Attempt& attempt);
std::size_t surprises(const Attempts& attempts); ///< those that are not as expected
/// 0 all are as theory says, 1 some are not, 3 a gateway was not as declared.
int exit_status(const Attempts& attempts);

} // namespace hermesh::cli
