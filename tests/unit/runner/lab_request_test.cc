// SPDX-License-Identifier: MIT
//
// What clients ask of a standing lab.
#include "base/error.hh"
#include "runner/lab_request.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

std::string complaint(std::string_view line) {
  try {
    read_lab_request(line);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(LabRequest, IsReadWhole) {
  const auto exec = read_lab_request(R"({"do": "exec", "machine": "a", "argv": ["ip", "route"]})");
  EXPECT_EQ(exec.what, LabRequest::What::exec);
  EXPECT_EQ(exec.machine, "a");
  EXPECT_EQ(exec.argv, (std::vector<std::string>{"ip", "route"}));
  const auto set = read_lab_request(R"({"do": "set", "changes": ["home-a:mapping=EIM"]})");
  EXPECT_EQ(set.what, LabRequest::What::set);
  EXPECT_EQ(set.changes, std::vector<std::string>{"home-a:mapping=EIM"});
  EXPECT_EQ(read_lab_request(R"({"do": "shell", "machine": "b"})").what, LabRequest::What::shell);
  EXPECT_EQ(read_lab_request(R"({"do": "status"})").what, LabRequest::What::status);
  EXPECT_EQ(read_lab_request(R"({"do": "down"})").what, LabRequest::What::down);
}

TEST(LabRequest, SaysWhatIsWrong) {
  EXPECT_EQ(complaint("down"), "request: this is no JSON");
  EXPECT_EQ(complaint(std::string(100'000, '[')), "request: this is no JSON");
  EXPECT_EQ(complaint("[]"), "request: /: found an array, wanted an object");
  EXPECT_EQ(complaint(R"({"do": "dwon"})"),
            "request: /do: found \"dwon\", wanted 'status', 'shell', 'exec', 'set' or 'down' (did "
            "you mean 'down'?)");
  EXPECT_EQ(complaint(R"({"do": "exec", "argv": ["true"]})"),
            "request: /: missing field 'machine'");
  EXPECT_EQ(complaint(R"({"do": "exec", "machine": 7, "argv": ["true"]})"),
            "request: /machine: found 7, wanted a string");
  EXPECT_EQ(complaint(R"({"do": "exec", "machine": "a", "argv": []})"),
            "request: /argv: found none, wanted at least one");
  EXPECT_EQ(complaint(R"({"do": "down", "now": true})"), "request: /: unknown field \"now\"");
}

} // namespace
} // namespace hermesh
