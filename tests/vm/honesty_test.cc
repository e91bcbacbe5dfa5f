// SPDX-License-Identifier: MIT
//
// That the verdict is the wire's: it does not move when the VPN lies, and a gateway that does
// something other than its scenario says is told before anything else.

#include "base/command.hh"
#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;

class Honesty : public ::testing::Test {
protected:
  /// A copy of a VPN's folder, to be bent.
  fs::path folder_of(const std::string& vpn) {
    const auto copy = work_.path() / vpn;
    fs::copy(fs::path(HERMESH_TEST_SOURCE_DIR) / "vpns" / vpn, copy, fs::copy_options::recursive);
    return copy;
  }

  TempDir work_{"hmtest"};
};

TEST_F(Honesty, AStatusScriptThatAlwaysClaimsDirectChangesNoVerdictAndIsAFinding) {
  HERMESH_NEEDS_GUESTS();
  const auto folder = folder_of("nebula");
  std::ofstream(folder / "status.sh", std::ios::trunc)
      << "#!/bin/sh\necho '{\"path\":\"direct\",\"via\":\"\",\"endpoint\":\"192.0.2.1:4242\"}'\n";
  const auto outcome = run_trial(
      work_.path(), {"--topology", "nat-nat", "--scenario", "symmetric", "--vpn", folder.string()});
  ASSERT_FALSE(outcome.result.is_null()) << outcome.story();
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  EXPECT_EQ(outcome.result.at("path"), "relayed");
  EXPECT_EQ(outcome.result.at("verdict"), "as_expected");
  const auto findings = outcome.result.at("findings").dump();
  EXPECT_NE(findings.find("claims direct, the wire shows relayed"), std::string::npos) << findings;
}

TEST_F(Honesty, AGatewayThatDoesOtherThanDeclaredMakesTheTrialInvalid) {
  HERMESH_NEEDS_GUESTS();
  for (const auto* fault : {"mapping=APDM", "filtering=EIF", "ports=random", "udp=blocked"}) {
    const auto outcome = run_trial(work_.path(),
                                   {"--topology",
                                    "nat-public",
                                    "--scenario",
                                    "port-restricted",
                                    "--vpn",
                                    "internal",
                                    "--lab-fault",
                                    std::string("home-a:") + fault});
    ASSERT_FALSE(outcome.result.is_null()) << outcome.story();
    EXPECT_EQ(outcome.status, 3) << fault << outcome.story();
    EXPECT_EQ(outcome.result.at("verdict"), "invalid") << fault;
    EXPECT_NE(outcome.result.at("reason").get<std::string>().find("home-a"), std::string::npos);
  }
}

// A resolver that does not answer has made other labs fail by kind of NAT: here nobody asks one.
TEST_F(Honesty, NoVerdictDependsOnDns) {
  HERMESH_NEEDS_GUESTS();
  const auto outcome = run_trial(
      work_.path(), {"--topology", "nat-nat", "--scenario", "port-restricted", "--vpn", "nebula"});
  ASSERT_EQ(outcome.status, 0) << outcome.story();
  std::size_t captures = 0;
  for (const auto& entry : fs::recursive_directory_iterator(work_.path())) {
    if (entry.path().extension() != ".pcapng") continue;
    ++captures;
    const auto asked =
        HostExecutor().run({.argv = {"tshark", "-r", entry.path().string(), "-Y", "dns.qry.name"}},
                           std::chrono::minutes{1});
    ASSERT_TRUE(asked.ok()) << asked.diagnostics;
    EXPECT_EQ(asked.output, "") << entry.path();
  }
  EXPECT_EQ(captures, 3U);
}

} // namespace
} // namespace hermesh::testing
