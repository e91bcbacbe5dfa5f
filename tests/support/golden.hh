// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hermesh::testing {

/// Expect `actual` to be what tests/golden/`name` holds.
///
/// With HERMESH_ACCEPT=1 in the environment the file is rewritten instead and the test reports
/// itself as skipped; review the change with `git diff tests/golden`.
void expect_golden(std::string_view name, std::string_view actual);

} // namespace hermesh::testing
