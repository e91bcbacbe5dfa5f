// SPDX-License-Identifier: MIT
//
// Theory held against the lab: the reference puncher in real guests, through every pair of NATs,
// judged off the wire.
#include "base/temp_dir.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace hermesh::testing {
namespace {

/// The cells of `hermesh matrix`, those that are direct; every cell must be as theory says.
std::set<std::string> direct_cells(const std::string& flows) {
  const TempDir work("hmtest");
  const auto outcome =
      call_hermesh({"matrix", "--json", "--flows", flows, "--runs", work.path().string()});
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

/// Strict gateways lose the cells where one side filters nothing but maps by remote, and the other
/// lets in only who it sent to (RFC 4787 leaves the flow rule open).
TEST(Matrix, All81CellsEqualTheOracleAndStrictnessCostsTwelve) {
  HERMESH_NEEDS_GUESTS();
  const auto reuse = direct_cells("reuse");
  const auto strict = direct_cells("strict");
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

} // namespace
} // namespace hermesh::testing
