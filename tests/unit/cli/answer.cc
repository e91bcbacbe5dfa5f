// SPDX-License-Identifier: MIT
#include "unit/cli/answer.hh"

#include "cli/cli.hh"

namespace hermesh::cli {

Answer hermesh(const std::vector<std::string>& arguments) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int status = run_command_line(arguments);
  return {
      status, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

InSourceTree::InSourceTree() : before_(std::filesystem::current_path()) {
  std::filesystem::current_path(HERMESH_TEST_SOURCE_DIR);
}

InSourceTree::~InSourceTree() {
  std::filesystem::current_path(before_);
}

} // namespace hermesh::cli
