// SPDX-License-Identifier: MIT
#include "support/golden.hh"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace hermesh::testing {

void expect_golden(std::string_view name, std::string_view actual) {
  const auto file = std::filesystem::path(HERMESH_GOLDEN_DIR) / name;
  const char* accept = std::getenv("HERMESH_ACCEPT"); // NOLINT(concurrency-mt-unsafe)
  if (accept != nullptr && std::string_view(accept) == "1") {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << actual;
    GTEST_SKIP() << "rewrote " << file;
  }
  std::ifstream in(file, std::ios::binary);
  ASSERT_TRUE(in) << "no golden file " << file << "; run this test once with HERMESH_ACCEPT=1";
  const std::string expected{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(actual, expected) << "differs from " << file;
}

} // namespace hermesh::testing
