// SPDX-License-Identifier: MIT
#pragma once

#include "base/temp_dir.hh"
#include "vm/foreign_client.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace hermesh::testing {

/// A standing lab of two homes for all tests of a suite, with somebody else's client in its guests.
/// A suite's SetUpTestSuite brings it up.
class TwoHomes : public ::testing::Test {
protected:
  static void bring_up(const std::string& scenario, const ForeignClient& client) {
    work() = std::make_unique<TempDir>("hmtest");
    no_client() = client.why_not;
    std::vector<std::string> arguments{"up", "--topology", "nat-nat", "--scenario", scenario};
    for (const auto& word : client.vpn_arguments(work()->path()))
      arguments.push_back(word);
    const auto up = call(arguments);
    ASSERT_EQ(up.status, 0) << up.story();
  }
  static void TearDownTestSuite() {
    if (!work()) return;
    EXPECT_EQ(call({"down"}).status, 0);
    work().reset();
  }

  static std::string& no_client() { ///< why; empty: it is there
    static std::string why;
    return why;
  }
  static Outcome call(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"--runs", work()->path().string()});
    return call_hermesh(arguments);
  }
  static Outcome shell(const std::string& machine, const std::string& script) {
    return call({"shell", machine, "--", "sh", "-c", script});
  }
  /// Gateways begin anew with it, epoch and all.
  static void set(std::vector<std::string> changes) {
    changes.insert(changes.begin(), "set");
    const auto outcome = call(changes);
    ASSERT_EQ(outcome.status, 0) << outcome.story();
  }

private:
  static std::unique_ptr<TempDir>& work() {
    static std::unique_ptr<TempDir> folder;
    return folder;
  }
};

} // namespace hermesh::testing

/// First line of every test of the client.
#define HERMESH_NEEDS_THE_CLIENT()                                                                 \
  HERMESH_NEEDS_GUESTS();                                                                          \
  if (!no_client().empty()) GTEST_SKIP() << no_client()
