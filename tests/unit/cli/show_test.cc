// SPDX-License-Identifier: MIT
// `hermesh show`: who is where, as a picture and as JSON.
#include "base/temp_dir.hh"
#include "cli/picture.hh"
#include "support/golden.hh"
#include "unit/cli/answer.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace hermesh::cli {
namespace {

namespace fs = std::filesystem;

class Show : public InSourceTree {};

TEST_F(Show, PicturesAreGolden) {
  for (const std::string topology :
       {"public", "shared-cgn", "dual-stack", "hub-and-spokes", "mobile-roam"})
    testing::expect_golden("cli/show-" + topology + ".txt", hermesh({"show", topology}).out);
  testing::expect_golden("cli/show-double-nat-scenario.txt",
                         hermesh({"show", "double-nat", "--scenario", "symmetric-carrier"}).out);
}

TEST_F(Show, EveryShippedTopologyFitsTheScreen) {
  for (const auto& entry : fs::directory_iterator("vm-topologies")) {
    if (entry.path().extension() != ".json") continue;
    const auto answer = hermesh({"show", entry.path().string()});
    EXPECT_EQ(answer.status, 0) << answer.talk;
    std::istringstream in(answer.out);
    for (std::string line; std::getline(in, line);) {
      EXPECT_LE(line.size(), 100U) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST_F(Show, JsonIsTheTree) {
  const auto answer = hermesh({"show", "double-nat", "--scenario", "home-and-carrier", "--json"});
  EXPECT_EQ(answer.status, 0);
  const auto document = nlohmann::json::parse(answer.out);
  EXPECT_EQ(document.at("name"), "double-nat");
  EXPECT_EQ(document.at("scenario"), "home-and-carrier");
  const auto& internet = document.at("outermost");
  EXPECT_EQ(internet.at("ipv4"), "80.100.0.0/16");
  EXPECT_EQ(internet.at("machines").at(0).at("role"), "relay");
  const auto& carrier = internet.at("gateways").at(1);
  EXPECT_EQ(carrier.at("behaviour").at("mapping"), "EIM");
  EXPECT_FALSE(carrier.at("behaviour").contains("role"));
  const auto& home = carrier.at("inside").at(0).at("segment").at("gateways").at(0);
  EXPECT_EQ(home.at("name"), "home-b");
  EXPECT_EQ(home.at("inside").at(0).at("segment").at("machines").at(0).at("side"), "B");
  const auto alone = nlohmann::json::parse(hermesh({"show", "public", "--json"}).out);
  EXPECT_EQ(alone.at("scenario"), nullptr);
}

/// A folder of one's own, with files that no shipped one is like.
class ShowOwnFiles : public ::testing::Test {
protected:
  ShowOwnFiles() : before_(fs::current_path()) { fs::current_path(folder_.path()); }
  ~ShowOwnFiles() override { fs::current_path(before_); }
  static void write(const std::string& name, const std::string& text) {
    std::ofstream(name) << text;
  }

private:
  TempDir folder_{"hermesh-show"};
  fs::path before_;
};

TEST_F(ShowOwnFiles, RarePlacesAreDrawn) {
  write("t.json", R"({"schema": 1, "name": "rare", "description": "All that is rare.",
    "segments": [{"name": "internet", "ipv4": "80.100.0.0/16"},
                 {"name": "lan", "ipv4": "192.168.1.0/24", "addressing": "dhcp"},
                 {"name": "guests", "ipv4": "192.168.2.0/24"}],
    "gateways": [{"name": "one", "role": "home", "outside": {"segment": "internet"},
                  "inside": [{"segment": "lan"}, {"segment": "guests"}]},
                 {"name": "two", "role": "home", "outside": {"segment": "internet"},
                  "inside": [{"segment": "lan", "ipv4": "192.168.1.2"}]}],
    "machines": [{"name": "a", "role": "peer", "cards": [{"segment": "lan"}, {"segment": "guests"}]},
                 {"name": "b", "role": "peer", "cards": [{"segment": "internet"}]},
                 {"name": "c", "role": "peer", "cards": [{"segment": "guests"}]}]})");
  write("s.json", R"({"schema": 1, "name": "words", "description": "By name and by role.",
    "gateways": [{"role": "home", "mapping": "EIM", "filtering": "EIF", "flows": "strict",
                  "timers": {"udp_stream": "30s", "icmp": "5s"}},
                 {"gateway": "two", "mapping": "APDM", "filtering": "APDF", "ports": "random"}]})");
  const auto answer = hermesh({"show", "t.json", "--scenario", "s.json"});
  EXPECT_EQ(answer.status, 0) << answer.talk;
  testing::expect_golden("cli/show-rare.txt", answer.out);
  const auto document = nlohmann::json::parse(hermesh({"show", "t.json", "--json"}).out);
  const auto& two = document.at("outermost").at("gateways").at(1);
  EXPECT_EQ(two.at("inside").at(0).at("segment").at("repeated"), true);
  EXPECT_EQ(document.at("stands_for"), nullptr);
}

TEST(Wrapped, BreaksAtSpacesOnly) {
  EXPECT_EQ(wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("incomprehensible", 4), (std::vector<std::string>{"incomprehensible"}));
  EXPECT_EQ(wrapped("", 4), (std::vector<std::string>{""}));
}

} // namespace
} // namespace hermesh::cli
