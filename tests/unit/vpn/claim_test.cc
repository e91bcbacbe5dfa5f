// SPDX-License-Identifier: MIT
#include "unit/vpn/fake_machine.hh"
#include "vpn/deployment.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

const NodeDeployment asker{.machine = "a", .status = {.argv = {"/run/status"}}};
const NodeDeployment peer{.machine = "b", .overlay = *Address::parse("10.42.0.2")};

Claim claim_after(const Exit& exit) {
  testing::FakeMachine machine;
  machine.answer = [&](const Command& command) {
    EXPECT_EQ(command.argv, (std::vector<std::string>{"/run/status", "10.42.0.2"}));
    return exit;
  };
  return ask_status(machine, asker, peer);
}

TEST(AskStatus, TakesWhatTheScriptPrints) {
  const std::string output = R"({"path":"relayed","via":"10.42.0.3","endpoint":""})";
  EXPECT_EQ(claim_after({.output = output}),
            (Claim{.path = "relayed", .via = "10.42.0.3", .endpoint = "", .raw = output}));
  EXPECT_EQ(claim_after({.output = R"({"path":"direct","endpoint":"80.100.0.1:4"})"}).endpoint,
            "80.100.0.1:4");
}

TEST(AskStatus, IsEmptyHandedWithoutAScript) {
  testing::FakeMachine machine;
  const auto claim = ask_status(machine, {.machine = "a"}, peer);
  EXPECT_EQ(claim.path, "unknown");
  EXPECT_FALSE(claim.problem.empty());
  EXPECT_TRUE(machine.done.empty());
}

TEST(AskStatus, AnythingElseIsAProblemNotAnError) {
  for (const auto* output : {"",
                             "direct",
                             "[]",
                             "{",
                             "null",
                             R"({"path":"dircet"})",
                             R"({"path":1})",
                             R"({})",
                             R"({"path":"direct","via":[]})",
                             "{} {}"}) {
    const auto claim = claim_after({.output = output});
    EXPECT_FALSE(claim.problem.empty()) << output;
    EXPECT_EQ(claim.raw, output);
  }
  EXPECT_EQ(claim_after({.output = R"({"path":"dircet"})"}).problem,
            "the status script names a path 'dircet' (did you mean 'direct'?)");
}

TEST(AskStatus, AScriptThatFailsOrHangsClaimsNothing) {
  const auto failed =
      claim_after({.code = 3, .output = R"({"path":"direct"})", .diagnostics = "oh\n"});
  EXPECT_EQ(failed.path, "unknown");
  EXPECT_EQ(failed.problem, "the status script ended with exit code 3: oh");
  EXPECT_EQ(claim_after({.timed_out = true}).problem, "the status script did not end in time");
}

} // namespace
} // namespace hermesh
