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
#include <fstream>
#include <iterator>
#include <map>

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
    // Two machines each delay what they send by 2 ms, more or less by as much again: an average of
    // 4 ms, and of as few questions as these below 2.5 ms once in many thousand runs.
    if (row.at("metric") == "rtt average") {
      EXPECT_GT(row.at("without_vpn").get<double>(), 2.5);
    }
  }
  EXPECT_TRUE(throughput) << outcome.result.at("workloads").dump(2);
}

/// What a run put on its machines, by file: keys, addresses and ports are in there.
std::map<std::string, std::string> deployed(const Outcome& outcome) {
  const auto folder = fs::path(outcome.result.at("run_dir").get<std::string>()) / "deployed";
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), folder)] = {std::istreambuf_iterator<char>(in), {}};
  }
  return files;
}

TEST(Use, TheSameSeedGivesTheSameKeysAddressesAndPorts) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  const auto run = [&](const char* seed) {
    return run_trial(work.path(),
                     {"--topology",
                      "nat-public",
                      "--scenario",
                      "port-restricted",
                      "--vpn",
                      "wireguard",
                      "--seed",
                      seed});
  };
  const auto one = run("7");
  const auto two = run("7");
  const auto other = run("8");
  for (const auto* outcome : {&one, &two, &other})
    ASSERT_EQ(outcome->status, 0) << outcome->story();
  EXPECT_EQ(one.result.at("claim").size(), 2U);
  EXPECT_EQ(one.result.at("claim"),
            two.result.at("claim")); // endpoints as the peers saw them: addresses and ports
  EXPECT_FALSE(deployed(one).empty());
  EXPECT_EQ(deployed(one), deployed(two));
  EXPECT_NE(deployed(one), deployed(other));
}

/// A developer's build: any executable in the packaged one's place.
TEST(Use, ABinaryOfOnesOwnRunsAndItsHashIsKept) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  const auto mine = work.path() / "my-nebula";
  std::ofstream(mine) << "#!/bin/sh\necho this is mine >&2\nexec /usr/bin/nebula \"$@\"\n#"
                      << std::string(20'000'000, 'x') << '\n'; // as large as a real one
  fs::permissions(mine, fs::perms::owner_all);
  const auto outcome = run_trial(work.path() / "runs",
                                 {"--topology",
                                  "nat-public",
                                  "--scenario",
                                  "port-restricted",
                                  "--vpn",
                                  "nebula",
                                  "--with",
                                  "nebula=" + mine.string()});
  ASSERT_EQ(outcome.status, 0) << outcome.story();
  const auto& trial = outcome.result.at("trial");
  EXPECT_EQ(trial.at("replaced_binary"), mine.string());
  const auto sum = HostExecutor().run({.argv = {"sha256sum", mine.string()}}, 1min).output;
  EXPECT_EQ(trial.at("replaced_binary_sha256"), sum.substr(0, 64));
  const auto run = fs::path(outcome.result.at("run_dir").get<std::string>());
  std::ifstream log(run / "logs" / "a-nebula.log");
  const std::string said{std::istreambuf_iterator<char>(log), {}};
  EXPECT_NE(said.find("this is mine"), std::string::npos) << said;
}

/// Another libvirt runs the QEMUs: virsh sees the machines, and killing hermesh ends them.
TEST(Use, VirshSeesTheMachinesOfASession) {
  HERMESH_NEEDS_GUESTS();
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user with a session of its own";
  for (const auto* program : {"libvirtd", "virsh"})
    if (!HostExecutor().run({.argv = {"sh", "-c", std::string("command -v ") + program}}, 10s).ok())
      GTEST_SKIP() << program << " is not installed";
  const TempDir work("hmtest");
  copy_for_anybody(work.path());
  const auto home = work.path().string();
  const std::string script = R"sh(
mkdir -m 700 xdg && libvirtd 2>/dev/null & daemon=$!
trap 'kill $daemon; wait $daemon' EXIT
until [ -S xdg/libvirt/libvirt-sock ]; do kill -0 $daemon || exit 9; sleep 0.1; done
set -e
./hermesh up --topology public --scenario none --vpn internal --connect qemu:///session
virsh -c qemu:///session list --name
./hermesh shell a -- echo 'a terminal'
./hermesh down
echo "left: $(virsh -c qemu:///session list --all --name | grep -c .)"
)sh";
  const auto exit = HostExecutor().run(
      {.argv =
           {"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh", "-c", script},
       .env = {{"HOME", home},
               {"XDG_CACHE_HOME", home},
               {"XDG_RUNTIME_DIR", home + "/xdg"},
               {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"},
               {"HERMESH_DATA", home},
               {"HERMESH_GUEST", home + "/guest"}},
       .cwd = home},
      6min);
  EXPECT_EQ(exit.code, 0) << exit.output << exit.diagnostics;
  for (const auto* machine : {"-a\n", "-b\n", "-r\n"})
    EXPECT_NE(exit.output.find(machine), std::string::npos) << exit.output;
  EXPECT_NE(exit.output.find("a terminal"), std::string::npos) << exit.output;
  EXPECT_NE(exit.output.find("left: 0"), std::string::npos) << exit.output;
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
  EXPECT_EQ(with_runs({"shell", "nobody", "--", "true"}).status, 2);
  EXPECT_EQ(with_runs({"set", "nobody:mapping=EIM"}).status, 2);
  const auto unroutable = with_runs({"set", "home-a:translation=none"});
  EXPECT_EQ(unroutable.status, 2) << unroutable.story();
  const auto binary = with_runs({"shell", "a", "--", "head", "-c", "1000", "/bin/busybox"});
  EXPECT_EQ(binary.status, 0) << "bytes that are no text: " << binary.diagnostics;
  const auto down = with_runs({"down"});
  EXPECT_EQ(down.status, 0) << down.story();
  const fs::path run = down.output.substr(0, down.output.find('\n'));
  EXPECT_FALSE(fs::is_empty(run / "logs")) << "pulled before the guests ended";
  const auto name = run.filename().string();
  EXPECT_TRUE(qemu_processes("hermesh-" + name.substr(name.rfind('-') + 1)).empty());
  EXPECT_EQ(with_runs({"down"}).status, 2);
}

} // namespace
} // namespace hermesh::testing
