// SPDX-License-Identifier: MIT
// The programs that these tests start are this one again, under a hidden word.
#include "base/error.hh"
#include "machine/guardian.hh"
#include "machine/self.hh"
#include "unit/machine/stand_in.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string_view>

namespace {

/// Owns `root` through a guardian, with a QEMU's stand-in running, until it is killed.
int own(const std::string& root) {
  const hermesh::Guardian guardian(root);
  hermesh::testing::start_stand_in(root);
  hermesh::check("tell", ::write(hermesh::inherited_descriptor, "r", 1));
  ::pause();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (const auto status = hermesh::run_hidden_command(argc, argv)) return *status;
  const std::string_view word = argc == 3 ? argv[1] : "";
  if (word == "stand-in") return ::pause();
  if (word == "own") return own(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
