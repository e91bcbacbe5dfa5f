// SPDX-License-Identifier: MIT
//
// The rest of what a VPN developer does: an ordinary user's run, workloads, profiles, a binary of
// one's own, a lab that stays up.

#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// All that a run needs, where anybody may read it: a clone may lie in a folder that is root's
/// alone.
void copy_for_anybody(const fs::path& to) {
  const fs::path source(HERMESH_TEST_SOURCE_DIR);
  for (const auto* folder : {"vm-topologies", "nat-scenarios", "vpns"})
    fs::copy(source / folder, to / folder, fs::copy_options::recursive);
  fs::copy(hermesh_program(), to / "hermesh");
  const char* guest = std::getenv("HERMESH_GUEST"); // NOLINT(concurrency-mt-unsafe)
  fs::copy(guest != nullptr ? fs::path(guest) : source / "build/guests/debian",
           to / "guest",
           fs::copy_options::recursive);
  fs::permissions(to, fs::perms::all);
}

TEST(Use, AnOrdinaryUserRunsTheMainJob) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  copy_for_anybody(work.path());
  const auto home = work.path().string();
  Command command{.argv = {home + "/hermesh",
                           "run",
                           "--json",
                           "--runs",
                           home + "/runs",
                           "--topology",
                           "double-nat",
                           "--scenario",
                           "home-and-carrier",
                           "--vpn",
                           "nebula"},
                  .env = {{"HOME", home},
                          {"XDG_CACHE_HOME", home},
                          {"HERMESH_DATA", home},
                          {"HERMESH_GUEST", home + "/guest"}}};
  if (::geteuid() == 0) {
    command.argv.insert(command.argv.begin(),
                        {"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"});
    command.env["XDG_RUNTIME_DIR"] = "";
  }
  const auto exit = HostExecutor().run(command, 6min);
  EXPECT_EQ(exit.code, 0) << exit.output << exit.diagnostics;
  const auto result = nlohmann::json::parse(exit.output, nullptr, false);
  ASSERT_TRUE(result.is_object()) << exit.output;
  EXPECT_EQ(result.at("path"), "direct");
  EXPECT_FALSE(result.at("time_to_direct_ms").is_null());
}

TEST(Use, WorkloadsStandBesideTheSameLabWithoutVpn) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  const auto outcome = run_trial(work.path(),
                                 {"--topology",
                                  "nat-nat",
                                  "--scenario",
                                  "port-restricted",
                                  "--vpn",
                                  "nebula",
                                  "--workload",
                                  "ping",
                                  "--workload",
                                  "tcp",
                                  "--profile",
                                  "low"});
  ASSERT_FALSE(outcome.result.is_null()) << outcome.story();
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  bool throughput = false;
  for (const auto& row : outcome.result.at("workloads")) {
    EXPECT_EQ(row.at("problem"), nullptr) << row.dump();
    if (row.at("metric") == "throughput")
      throughput = row.at("through").get<double>() > 0 && row.at("without_vpn").get<double>() > 0;
    // Two machines each delay what they send by 2 ms: a round trip below 3 ms would mean that no
    // link applied its profile.
    if (row.at("metric") == "rtt average") {
      EXPECT_GT(row.at("without_vpn").get<double>(), 3.0);
    }
  }
  EXPECT_TRUE(throughput) << outcome.result.at("workloads").dump(2);
}

TEST(Use, TheSameSeedGivesTheSameKeysAddressesAndPorts) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  const std::vector<std::string> arguments{"--topology",
                                           "nat-public",
                                           "--scenario",
                                           "port-restricted",
                                           "--vpn",
                                           "wireguard",
                                           "--seed",
                                           "7"};
  const auto one = run_trial(work.path(), arguments);
  const auto two = run_trial(work.path(), arguments);
  ASSERT_FALSE(one.result.is_null()) << one.story();
  ASSERT_FALSE(two.result.is_null()) << two.story();
  EXPECT_EQ(one.result.at("path"), "direct") << one.story();
  EXPECT_EQ(one.result.at("claim").size(), 2U);
  EXPECT_EQ(one.result.at("claim"),
            two.result.at("claim")); // endpoints as the peers saw them: addresses and ports
}

TEST(Use, ALabStaysUpUntilItIsTakenDown) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  const std::vector<std::string> runs{"--runs", work.path().string()};
  const auto with_runs = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, runs.begin(), runs.end());
    return call_hermesh(arguments);
  };
  const auto up = with_runs(
      {"up", "--topology", "nat-public", "--scenario", "port-restricted", "--vpn", "wireguard"});
  ASSERT_EQ(up.status, 0) << up.story();
  const auto shell = with_runs({"shell", "a", "--", "wg", "show", "wg0", "endpoints"});
  EXPECT_EQ(shell.status, 0) << shell.story();
  EXPECT_NE(shell.output.find(":"), std::string::npos) << shell.story();
  EXPECT_EQ(with_runs({"shell", "a", "--", "false"}).status, 1);
  EXPECT_EQ(with_runs({"shell", "nobody", "--", "true"}).status, 3);
  const auto down = with_runs({"down"});
  EXPECT_EQ(down.status, 0) << down.story();
  const auto name = fs::path(down.output.substr(0, down.output.find('\n'))).filename().string();
  EXPECT_TRUE(qemu_processes("hermesh-" + name.substr(name.rfind('-') + 1)).empty());
  EXPECT_EQ(with_runs({"down"}).status, 2);
}

} // namespace
} // namespace hermesh::testing
