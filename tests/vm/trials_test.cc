// SPDX-License-Identifier: MIT
//
// The trials that must come out, on real guests: for each pair of NATs what theory and the VPN's
// abilities predict, and what the wire then showed. The expectation printed by the program is the
// oracle's; the table here is the one that both must equal.

#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace hermesh::testing {
namespace {

struct Trial {
  std::string name;
  std::vector<std::string> arguments;
  std::string path;
};

void PrintTo(const Trial& trial, std::ostream* out) {
  *out << trial.name;
}

class Trials : public ::testing::TestWithParam<Trial> {
protected:
  TempDir runs_{"hmtest"};
};

/// Every unreachable has its control, every connection its proof; all of them hold.
void expect_proven(const nlohmann::json& result) {
  ASSERT_FALSE(result.at("proofs").empty()) << result.dump(2);
  EXPECT_TRUE(result.at("proofs").back().at("holds").get<bool>()) << result.at("proofs").dump(2);
}

/// The path computed again from what lies in the run directory.
void expect_judged_again(const nlohmann::json& result) {
  const auto again = call_hermesh({"judge", "--json", result.at("run_dir").get<std::string>()});
  ASSERT_EQ(again.status, 0) << again.story();
  EXPECT_EQ(again.result.at("path"), result.at("path"));
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(again.result.at("paths").at(i).at("path"), result.at("paths").at(i).at("path"));
}

TEST_P(Trials, ComesOut) {
  HERMESH_NEEDS_GUESTS();
  const auto outcome = run_trial(runs_.path(), GetParam().arguments);
  ASSERT_FALSE(outcome.result.is_null()) << outcome.story();
  const auto& result = outcome.result;
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  EXPECT_EQ(result.at("verdict"), "as_expected") << outcome.story();
  EXPECT_EQ(result.at("expected"), GetParam().path);
  EXPECT_EQ(result.at("path"), GetParam().path) << outcome.story();
  if (GetParam().path == "relayed") {
    EXPECT_EQ(result.at("via").at("machine"), "r");
    EXPECT_GT(result.at("relay_bytes").get<std::uint64_t>(), 10000U);
  }
  for (const auto& gateway : result.at("gateways"))
    EXPECT_TRUE(gateway.at("certified").get<bool>()) << gateway.dump();
  expect_proven(result);
  expect_judged_again(result);
}

std::vector<std::string> trial(const std::string& topology,
                               const std::string& scenario,
                               const std::string& vpn,
                               std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--topology", topology, "--scenario", scenario, "--vpn", vpn});
  return more;
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    Trials,
    ::testing::Values(
        Trial{"InternalPublicPublic", trial("public", "none", "internal"), "direct"},
        Trial{"InternalNatNat", trial("nat-nat", "port-restricted", "internal"), "unreachable"},
        Trial{"WireguardNatPublic", trial("nat-public", "port-restricted", "wireguard"), "direct"},
        Trial{"WireguardNatNat", trial("nat-nat", "port-restricted", "wireguard"), "unreachable"},
        Trial{"NebulaDoubleNat", trial("double-nat", "home-and-carrier", "nebula"), "direct"},
        Trial{"NebulaSymmetricRelayOn",
              trial("nat-nat", "symmetric", "nebula", {"--set", "relay=on"}),
              "relayed"},
        Trial{"NebulaSymmetricRelayOff",
              trial("nat-nat", "symmetric", "nebula", {"--set", "relay=off"}),
              "unreachable"},
        Trial{"PunchNatNat", trial("nat-nat", "port-restricted", "punch"), "direct"},
        Trial{"PunchSymmetric", trial("nat-nat", "symmetric", "punch"), "unreachable"},
        Trial{"NebulaUdpBlocked", trial("nat-public", "udp-blocked", "nebula"), "unreachable"}),
    [](const auto& each) { return each.param.name; });

} // namespace
} // namespace hermesh::testing
