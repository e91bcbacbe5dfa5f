// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace hermesh::cli {

/// What one command line printed, and its exit status.
struct Answer {
  int status;
  std::string out;
  std::string talk;
};

Answer hermesh(const std::vector<std::string>& arguments);

/// Runs as if the program had been called in the source tree, so that golden files name no folder
/// of this machine.
class InSourceTree : public ::testing::Test {
protected:
  InSourceTree();
  ~InSourceTree() override;

private:
  std::filesystem::path before_;
};

} // namespace hermesh::cli
