// SPDX-License-Identifier: MIT
// What the shells' completion scripts are told. The scripts themselves are tried by the lints
// completion-bash, completion-fish and completion-zsh.
#include "unit/cli/answer.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace hermesh::cli {
namespace {

using Words = std::vector<std::string>;

/// The candidates without their descriptions.
Words complete(Words line) {
  line.insert(line.begin(), "__complete");
  const auto answer = hermesh(line);
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.talk, "");
  Words result;
  std::istringstream in(answer.out);
  for (std::string text; std::getline(in, text);)
    result.push_back(text.substr(0, text.find('\t')));
  return result;
}

bool has(const Words& words, const std::string& wanted) {
  return std::ranges::find(words, wanted) != words.end();
}

class Complete : public InSourceTree {};

TEST_F(Complete, CommandsAndTheirOptions) {
  EXPECT_EQ(complete({"ru"}), Words{"run"});
  EXPECT_TRUE(has(complete({""}), "doctor"));
  EXPECT_FALSE(has(complete({""}), "__complete"));
  EXPECT_EQ(complete({"image", ""}), Words{"build"});
  EXPECT_EQ(complete({"run", "--top"}), Words{"--topology"});
  EXPECT_EQ(complete({"run", "--topology", "public", "--top"}), Words{}); // given already
  EXPECT_EQ(complete({"run", "--workload", "ping", "--wor"}), Words{"--workload"});
  EXPECT_EQ(hermesh({"__complete", "ora"}).out.find("oracle\tsay what path"), 0U);
}

TEST_F(Complete, NamesOfWhatIsShipped) {
  EXPECT_EQ(complete({"run", "--topology", "dou"}), Words{"double-nat"});
  EXPECT_EQ(complete({"run", "--topology=dou"}), Words{"--topology=double-nat"});
  EXPECT_EQ(complete({"show", "dou"}), Words{"double-nat"});
  EXPECT_EQ(complete({"up", "--scenario", "full"}), Words{"full-cone"});
  EXPECT_EQ(complete({"oracle", "--vpn", "neb"}), Words{"nebula"});
  EXPECT_EQ(complete({"run", "--profile", "m"}), Words{"medium"});
  EXPECT_EQ(complete({"run", "--workload", "p"}), Words{"ping"});
  EXPECT_EQ(complete({"run", "--vpn", "nebula", "--set", "relay=o"}),
            (Words{"relay=on", "relay=off"}));
  EXPECT_EQ(complete({"run", "--set", ""}), Words{}); // of which VPN?
}

TEST_F(Complete, FixedWords) {
  EXPECT_EQ(complete({"list", "sc"}), Words{"scenarios"});
  EXPECT_EQ(complete({"schema", ""}), (Words{"topology", "scenario", "profile", "vpn"}));
  EXPECT_EQ(complete({"oracle", "--form", ""}), (Words{"reuse", "strict"}));
  EXPECT_EQ(complete({"run", "--accel", "k"}), Words{"kvm"});
}

TEST_F(Complete, FilesWhereNoNameFits) {
  EXPECT_EQ(complete({"validate", ""}), Words{":files"});
  EXPECT_EQ(complete({"validate", "a.json", "b"}), Words{":files"});
  EXPECT_EQ(complete({"run", "--topology", "./dou"}), Words{":files"});
  EXPECT_EQ(complete({"run", "--topology", "zzz"}), Words{":files"});
  EXPECT_EQ(complete({"run", "--vpn", "vpns/"}), Words{":folders"});
  EXPECT_EQ(complete({"judge", ""}), Words{":folders"});
}

TEST_F(Complete, WhatCannotBeKnownIsNoError) {
  EXPECT_EQ(complete({}), Words{});
  EXPECT_EQ(complete({"no-such-command", ""}), complete({""}));
  EXPECT_EQ(complete({"run", "--no-such-option", "--see"}), Words{"--seed"});
  EXPECT_EQ(complete({"run", "--seed", ""}), Words{});
  EXPECT_EQ(complete({"run", "--json=x"}), Words{});
  EXPECT_EQ(complete({"shell", "--runs", "no-such-folder", ""}), Words{});
  EXPECT_EQ(complete({"shell", "a", "--", "-"}), Words{});
  EXPECT_EQ(complete({"list", "scenarios", ""}), Words{});
}

TEST_F(Complete, EveryShellHasItsScript) {
  for (const auto* shell : {"bash", "fish", "zsh"}) {
    const auto answer = hermesh({"completion", shell});
    EXPECT_EQ(answer.status, 0);
    EXPECT_NE(answer.out.find("__complete"), std::string::npos) << shell;
  }
}

} // namespace
} // namespace hermesh::cli
