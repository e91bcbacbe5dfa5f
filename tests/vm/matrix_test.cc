// SPDX-License-Identifier: MIT
//
// Theory held against the lab: the reference puncher in real guests, through every pair of NATs,
// judged off the wire.
#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace hermesh::testing {
namespace {

/// The cells of `hermesh matrix`, those that are direct; every cell must be as theory says.
std::set<std::string> direct_cells(std::vector<std::string> options) {
  const TempDir work("hmtest");
  for (const auto* word : {"--json", "--runs", work.path().c_str()})
    options.emplace_back(word);
  options.insert(options.begin(), "matrix");
  const auto outcome = call_hermesh(options);
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  std::set<std::string> direct;
  if (outcome.result.is_null()) return direct;
  EXPECT_EQ(outcome.result.at("cells").size(), 81U);
  for (const auto& cell : outcome.result.at("cells")) {
    EXPECT_EQ(cell.at("path"), cell.at("expected")) << cell.dump();
    EXPECT_EQ(cell.at("path"), cell.at("claim")) << cell.dump();
    EXPECT_TRUE(cell.at("certified").get<bool>()) << cell.dump();
    if (cell.at("path") == "direct")
      direct.insert(cell.at("a").get<std::string>() + " " + cell.at("b").get<std::string>());
  }
  return direct;
}

std::vector<std::string> shipped_topologies() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(HERMESH_TEST_SOURCE_DIR "/vm-topologies"))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

/// Strict gateways lose the cells where one side filters nothing but maps by remote, and the other
/// lets in only who it sent to (RFC 4787 leaves the flow rule open).
TEST(Matrix, All81CellsEqualTheOracleAndStrictnessCostsTwelve) {
  HERMESH_NEEDS_GUESTS();
  const auto reuse = direct_cells({});
  const auto strict = direct_cells({"--flows", "strict"});
  EXPECT_EQ(reuse.size(), 57U);
  EXPECT_EQ(strict.size(), 45U);
  std::set<std::string> lost;
  std::ranges::set_difference(reuse, strict, std::inserter(lost, lost.end()));
  std::set<std::string> known;
  for (const auto* open : {"ADM/EIF", "APDM/EIF"})
    for (const auto* closed : {"EIM/APDF", "ADM/APDF", "APDM/APDF"}) {
      known.insert(std::string(open) + " " + closed);
      known.insert(std::string(closed) + " " + open);
    }
  EXPECT_EQ(lost, known);
}

/// SYNs that cross make connections through the NATs that UDP's punches pass (RFC 5128 section
/// 3.4).
TEST(MatrixElsewhere, ByTcpTheSameCellsAreDirect) {
  HERMESH_NEEDS_GUESTS();
  EXPECT_EQ(direct_cells({"--transport", "tcp"}).size(), 57U);
}

/// TCP takes no answer from another endpoint than the one it dialled, so that strict gateways cost
/// it more than UDP.
TEST(MatrixElsewhere, ByTcpStrictnessCostsMore) {
  HERMESH_NEEDS_GUESTS();
  EXPECT_EQ(direct_cells({"--transport", "tcp", "--flows", "strict"}).size(), 33U);
}

/// Home NATs of all kinds behind one carrier that turns packets round.
TEST(MatrixElsewhere, AllPairsBehindOneCarrier) {
  HERMESH_NEEDS_GUESTS();
  EXPECT_FALSE(direct_cells({"--topology", "shared-cgn", "--scenario", "carrier-cgn"}).empty());
}

/// Chains: every home NAT behind every carrier, against one home NAT.
TEST(MatrixElsewhere, EveryHomeBehindEveryCarrier) {
  HERMESH_NEEDS_GUESTS();
  EXPECT_FALSE(direct_cells({"--topology",
                             "double-nat",
                             "--scenario",
                             "home-and-carrier",
                             "--vary",
                             "home-b,carrier-b"})
                   .empty());
}

/// Every shipped scenario on every shipped topology that it fits.
class Sweep : public ::testing::TestWithParam<std::string> {};

TEST_P(Sweep, EveryScenarioThatFitsIsAsTheorySays) {
  HERMESH_NEEDS_GUESTS();
  const TempDir work("hmtest");
  const auto outcome =
      call_hermesh({"sweep", "--json", "--runs", work.path().string(), "--topology", GetParam()},
                   std::chrono::minutes{10});
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  ASSERT_FALSE(outcome.result.is_null());
  EXPECT_FALSE(outcome.result.at("rows").empty());
  for (const auto& row : outcome.result.at("rows")) {
    EXPECT_TRUE(row.at("as_expected").get<bool>()) << row.dump();
    EXPECT_TRUE(row.at("certified").get<bool>()) << row.dump();
    EXPECT_EQ(row.at("claim"), row.at("path")) << row.dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped,
                         Sweep,
                         ::testing::ValuesIn(shipped_topologies()),
                         [](const auto& name) {
                           auto word = name.param;
                           std::ranges::replace(word, '-', '_');
                           return word;
                         });

/// Between them they run every scenario but those with a timeline, which `hermesh run` plays.
TEST(Sweeps, LeaveNoScenarioOut) {
  const auto outcome = call_hermesh({"sweep", "--no-guests", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.story();
  std::set<std::string> swept;
  for (const auto& row : outcome.result.at("rows"))
    swept.insert(row.at("scenario").get<std::string>());
  const auto listed = call_hermesh({"list", "scenarios", "--json"});
  std::set<std::string> still;
  for (const auto& one : listed.result.at("scenarios"))
    if (const auto name = one.at("name").get<std::string>(); !name.starts_with("event-"))
      still.insert(name);
  EXPECT_EQ(swept, still);
}

} // namespace
} // namespace hermesh::testing
