// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "machine/agent_protocol.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

using nlohmann::json;

std::string complaint(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(AgentProtocol, ExecLeadsASessionOfItsOwn) {
  const auto message = json::parse(agent::exec({.argv = {"ip", "link"}}));
  EXPECT_EQ(message["execute"], "guest-exec");
  EXPECT_EQ(message["arguments"]["path"], "setsid");
  EXPECT_EQ(message["arguments"]["arg"], (json{"ip", "link"}));
  EXPECT_EQ(message["arguments"]["capture-output"], true);
  EXPECT_FALSE(message["arguments"].contains("input-data"));
}

TEST(AgentProtocol, ExecWithAllAtOnce) {
  const auto message = json::parse(
      agent::exec({.argv = {"p", "a b"}, .env = {{"K", "v w"}}, .cwd = "/x y", .input = "in"}));
  EXPECT_EQ(message["arguments"]["arg"],
            (json{"sh",
                  "-c",
                  "cd -- \"$1\" && shift && exec \"$@\"",
                  "sh",
                  "/x y",
                  "env",
                  "K=v w",
                  "p",
                  "a b"}));
  EXPECT_EQ(message["arguments"]["input-data"], "aW4=");
}

TEST(AgentProtocol, ExecRefusesWhatJsonCannotHold) {
  EXPECT_THROW(agent::exec({.argv = {"echo", "\xff"}}), Error);
  EXPECT_THROW(agent::exec({}), Error);
}

TEST(AgentProtocol, StatusOfARunningProgramIsNone) {
  EXPECT_EQ(agent::parse_exec_status(R"({"return":{"exited":false}})"), std::nullopt);
}

TEST(AgentProtocol, StatusOfAnEndedProgram) {
  EXPECT_EQ(agent::parse_exec_status(
                R"({"return":{"exited":true,"exitcode":3,"out-data":"b3V0","err-data":"ZXJy"}})"),
            (Exit{.code = 3, .timed_out = false, .output = "out", .diagnostics = "err"}));
  EXPECT_EQ(agent::parse_exec_status(R"({"return":{"exited":true,"signal":9}})"),
            (Exit{.code = 137}));
}

TEST(AgentProtocol, DroppedOutputIsAnError) {
  EXPECT_THROW(agent::parse_exec_status(
                   R"({"return":{"exited":true,"exitcode":0,"out-data":"","out-truncated":true}})"),
               Error);
}

TEST(AgentProtocol, ErrorsKeepTheAgentsWords) {
  const auto words = complaint([] {
    agent::parse_handle(R"({"error":{"class":"GenericError","desc":"failed to open file '/x'"}})");
  });
  EXPECT_EQ(words, "the guest agent: failed to open file '/x'");
}

TEST(AgentProtocol, NonsenseIsAnError) {
  for (const auto* const answer : {"", "[]", "{}", R"({"return":"x"})", R"({"return":{}})", "{"})
    EXPECT_THROW(agent::parse_exec_status(answer), Error) << answer;
  EXPECT_THROW(agent::parse_exec_status(R"({"return":{"exited":true,"exitcode":"0"}})"), Error);
  EXPECT_THROW(agent::parse_file_part(R"({"return":{"buf-b64":"!","eof":true}})"), Error);
  for (const auto* const error : {"7", "\"no\"", "null", "[[[]]]", R"({"desc":7})", "{}"})
    EXPECT_THROW(agent::parse_pid("{\"error\":" + std::string(error) + "}"), Error) << error;
}

TEST(AgentProtocol, FileParts) {
  EXPECT_EQ(agent::parse_file_part(R"({"return":{"count":2,"buf-b64":"aGk=","eof":false}})"),
            (agent::FilePart{.bytes = "hi", .end = false}));
  EXPECT_EQ(json::parse(agent::write_file(7, "hi"))["arguments"]["buf-b64"], "aGk=");
  EXPECT_EQ(agent::parse_handle(R"({"return":1000})"), 1000);
  EXPECT_EQ(agent::parse_pid(R"({"return":{"pid":42}})"), 42);
}

TEST(AgentProtocol, KillMeansTheWholeGroup) {
  const auto message = json::parse(agent::kill_group(42));
  EXPECT_EQ(message["arguments"]["arg"], (json{"-KILL", "--", "-42"}));
}

} // namespace
} // namespace hermesh
